"""The planted market: what is planted, and that the real pipeline finds it (methodology V.3)."""
