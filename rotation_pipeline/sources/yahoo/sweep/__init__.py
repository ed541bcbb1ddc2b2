"""The whole US market once a session, from the screener and quotes."""
