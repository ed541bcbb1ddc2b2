"""Deliberate bugs, each of which must be caught, by name, by an ordinary test.

bugs           what is broken, where, and which tests must notice
breaking       the product with one text replaced
run            the tests that must catch each bug with the bug in the product, in child processes
test_mutation  one test a bug; the report is at the end of the test output
"""
