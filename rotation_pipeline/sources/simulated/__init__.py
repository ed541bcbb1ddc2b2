"""A simulated market in the shape of a vendor's answers, for demos and tests: nothing in it is a real price.

clock, labels, fates, universe    who exists, when, with which loadings
factors, calendar, returns        what moves the prices
bars, shares, membership, funds   what is traded
fundamentals                      what is earned
market                            all of it, frozen
emit_market, emit_company, source vendor-shaped frames, cut at a session
"""

from rotation_pipeline.sources.simulated.source import Simulated

__all__ = ["Simulated"]
