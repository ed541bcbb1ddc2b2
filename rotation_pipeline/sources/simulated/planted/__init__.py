"""The planted market: everything that happens in it is written down beside it (methodology V.3).

design, roles       how large it is, and which line has which fate
paths, earnings     prices and results to full precision, so that truth is exact
faults              what the vendor gets wrong, and until when
market              all of it, frozen; emit: the vendor's frames, cut at a session
truth               what is so, as tables of its own

Where the demonstration market rounds to cents, this one does not: a return is exactly loadings times factors plus residual.
"""
