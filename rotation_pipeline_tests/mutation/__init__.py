"""Deliberate bugs, each of which must be caught, by name, by an ordinary test.

bugs           what is broken, where, and which tests must notice
breaking       the product with one text replaced
run            every bug in a child process of its own, with the tests that must catch it
test_mutation  one test a bug; the report is at the end of the test output
"""
