"""Named random streams: each quantity draws from its own, so that adding one does not shift the others."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on ``seed`` and ``name`` alone (PCG64, the same on every machine)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))
