"""What V.2 says about time: no row knows the future, and no order of arrival leaves a trace."""
