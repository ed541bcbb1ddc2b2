"""What the vendor gets wrong, and until when: every fault is one row, so that a fetch is right about what it is wrong about.

A bar with a fault is first served on session ``served_at`` and served as it was from session ``corrected_at`` on; before that
its prices are multiplied by the given factors (NaN: not given). ``never`` is one past the last session.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.planted.design import Design
from rotation_pipeline.sources.simulated.streams import stream

LATE_BY, CORRECTED_AFTER, OUTAGE_ENDS_AFTER = 5, (3, 25), 1  # sessions
KEEP_OFF = 3  # sessions between two faults of prices, and from the ends of a life
OUTAGE_SHARE = 0.6  # of the horizon
# What a bad print does to open, high, low and close.
BAD_PRINTS = {
    "TENFOLD": (10.0, 10.0, 10.0, 10.0),
    "TENTH": (0.1, 0.1, 0.1, 0.1),
    "NEGATIVE": (1.0, 1.0, 1.0, -1.0),
    "NO_CLOSE": (1.0, 1.0, 1.0, np.nan),
    "CROSSED": (1.0, 0.5, 1.0, 1.0),
}
RESTATED = (1.02, 1.02, 1.02, 1.02)  # plausible, so that only the correction tells


@dataclass(frozen=True)
class Faults:
    """Faults of single bars: arrays over the faults. The outage is a session on which the vendor serves nothing at all."""

    kind: tuple[str, ...]  # MISSING, LATE, DUPLICATE, RESTATED, or a bad print
    at: Ints  # session index
    name: Ints  # line index
    served_at: Ints
    corrected_at: Ints
    factors: Floats  # (faults, 4): open, high, low, close
    outage_at: int

    def never_right(self, n_sessions: int, n_lines: int) -> Flags:
        """True (T, N) where no fetch ever serves the right bar."""
        out = np.zeros((n_sessions, n_lines), dtype=bool)
        lost = (self.served_at >= n_sessions) | (self.corrected_at >= n_sessions)
        out[self.at[lost], self.name[lost]] = True
        return out

    def frame(self, symbols: tuple[str, ...], clock: Clock) -> pl.DataFrame:
        """One row a fault of a single bar, keyed by the line's symbol and the session."""
        return pl.DataFrame({
            "symbol": pl.Series(symbols, dtype=pl.String).gather(self.name),
            "session": clock.sessions[self.at],
            "fault": pl.Series(self.kind, dtype=pl.String),
            "served_at": self.served_at,
            "corrected_at": self.corrected_at,
            **{f"{price}_factor": self.factors[:, k] for k, price in enumerate(("open", "high", "low", "close"))},
        })  # fmt: skip


def plan_faults(design: Design, seed: int, live: Flags, is_quiet: Flags, clock: Clock) -> Faults:
    """Draw the faults among bars that exist (``live``, (T, N)).

    None falls on the first or last bars of a life, on the outage, or on a session or line that is to stay sound (``is_quiet``,
    (T, N): planted actions and the valuation session).
    """
    outage_at = int(OUTAGE_SHARE * clock.n)
    is_open = _inside(live) & ~is_quiet
    is_open[outage_at] = False
    absent, is_taken = _absent(design, seed, is_open, clock.n)
    rows = sorted(absent + _wrong(design, seed, is_open & ~_near(is_taken), clock.n), key=lambda row: (row.at, row.name))

    def column(values: Iterable[int]) -> Ints:
        return np.array(list(values), dtype=np.int64)

    return Faults(
        kind=tuple(row.kind for row in rows),
        at=column(row.at for row in rows),
        name=column(row.name for row in rows),
        served_at=column(row.served_at for row in rows),
        corrected_at=column(row.corrected_at for row in rows),
        factors=np.array([row.factors for row in rows]),
        outage_at=outage_at,
    )


@dataclass(frozen=True)
class _Fault:
    kind: str
    at: int
    name: int
    served_at: int
    corrected_at: int = 0
    factors: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)


def _absent(design: Design, seed: int, is_open: Flags, never: int) -> tuple[list[_Fault], Flags]:
    """Bars that are missing for good, late or served twice, and where they are."""
    draw = stream(seed, "planted.faults").random(is_open.shape)
    faults, low, is_taken = [], 0.0, np.zeros_like(is_open)
    shares = {"MISSING": design.missing_share, "LATE": design.late_share, "DUPLICATE": design.duplicate_share}
    for kind, share in shares.items():
        chosen = (draw >= low) & (draw < low + share) & is_open
        low, is_taken = low + share, is_taken | chosen
        for t, i in zip(*(cells.tolist() for cells in np.nonzero(chosen)), strict=True):
            faults.append(_Fault(kind, t, i, {"MISSING": never, "LATE": min(t + LATE_BY, never), "DUPLICATE": t}[kind]))
    return faults, is_taken


def _wrong(design: Design, seed: int, is_open: Flags, never: int) -> list[_Fault]:
    """Bad prints, every second round of which stands for good, and closes that the vendor restates."""
    kinds = list(islice(cycle(BAD_PRINTS), design.n_bad_prints)) + ["RESTATED"] * design.n_restatements
    # Whatever the vendor puts right it puts right inside the horizon.
    at, name = _spread(seed, is_open[: never - CORRECTED_AFTER[1]], len(kinds))
    later = stream(seed, "planted.corrections").integers(*CORRECTED_AFTER, len(kinds))
    faults = []
    for k, (kind, t, i) in enumerate(zip(kinds, at.tolist(), name.tolist(), strict=True)):
        stands = kind in BAD_PRINTS and (k // len(BAD_PRINTS)) % 2 == 0
        corrected_at = never if stands else t + int(later[k])
        faults.append(_Fault(kind, t, i, t, corrected_at, BAD_PRINTS.get(kind, RESTATED)))
    return faults


def _spread(seed: int, cells: Flags, count: int) -> tuple[Ints, Ints]:
    """``count`` of the cells, each on a line of its own, so that no two of them meet in one return."""
    t, i = np.nonzero(cells)
    order = stream(seed, "planted.bad_prints").permutation(len(t))
    _, first = np.unique(i[order], return_index=True)
    chosen = order[np.sort(first)[:count]]
    return t[chosen], i[chosen]


def _inside(live: Flags) -> Flags:
    """Where a line trades and has traded, and will trade, KEEP_OFF sessions around."""
    inside = live.copy()
    for k in range(1, KEEP_OFF + 1):
        inside[k:] &= live[:-k]
        inside[:-k] &= live[k:]
        inside[:k] = inside[-k:] = False
    return inside


def _near(cells: Flags) -> Flags:
    """Within KEEP_OFF sessions of a cell of the same line."""
    near = cells.copy()
    for k in range(1, KEEP_OFF + 1):
        near[k:] |= cells[:-k]
        near[:-k] |= cells[k:]
    return near
