"""The market-wide earnings calendar, and when an announcement happens."""
