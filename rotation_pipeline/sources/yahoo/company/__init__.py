"""Details of a company around its announcements: estimates, statements, share counts, earnings dates."""
