"""Charts of single symbols: bars and actions, compared with what is held; renames and deaths."""
