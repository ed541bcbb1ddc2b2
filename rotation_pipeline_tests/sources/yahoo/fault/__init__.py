"""Faults of the vendor as cases: one list drives the tests and the table in docs/operations.md."""
