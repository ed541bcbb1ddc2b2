"""The simulated market as a source: generate once, hand over what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchPlan, FetchRequest, PlanLine

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from rotation_pipeline.sources.simulated.emit_market import Cut
    from rotation_pipeline.sources.simulated.market import Market
    from rotation_pipeline.sources.simulated.planted.market import Planted

LAST_SESSION = date(2026, 6, 30)
SUBJECT = "simulated market"


class Simulated:
    """A market of ``n_names`` lines over the ``n_years`` up to ``last_session``, decided by ``seed`` alone (methodology V.3).

    Nothing in it is real, though some symbols are. What it says of a session never depends on how far a fetch goes, but for the
    vendor's habit of expressing prices on the share basis of the fetch. ``planted`` makes the market whose truth is known, with
    every kind of event and vendor fault (sources/simulated/planted); ``noisy=False`` leaves out the companies' own returns there,
    and ``n_sessions`` goes before ``n_years``.
    """

    name = "simulated"
    is_simulated = True

    def __init__(
        self,
        n_names: int = 500,
        n_years: int = 10,
        seed: int = 7,
        last_session: date | None = None,
        planted: bool = False,
        noisy: bool = True,
        n_sessions: int | None = None,
    ) -> None:
        self.n_names, self.n_years, self.seed = n_names, n_years, seed
        self.planted, self.noisy, self.n_sessions = planted, noisy, n_sessions
        self.last_session = last_session or LAST_SESSION
        what, length = "planted" if planted else "simulated", f"{n_sessions} sessions" if n_sessions else f"{n_years} years"
        self.description = f"a {what} market of {n_names} names over {length}, seed {seed}: nothing in it is a real price"
        self._kept: tuple[tuple[date, ...], Market] | None = None
        self._kept_planted: tuple[tuple[date, ...], Planted] | None = None

    def fetch(self, request: FetchRequest) -> Iterator[Batch]:
        """Yield one batch with everything new up to ``request.through``, or nothing.

        Raises BadConfig when the cursor belongs to another simulated market or the settings are unusable, BadInput when
        ``request.sessions`` does not reach back to the market's first session.
        """
        import numpy as np

        from rotation_pipeline.sources.simulated.emit_market import Cut

        self._check_cursor(request.cursor)
        sessions = tuple(request.sessions)
        market = self.planted_market(sessions).market if self.planted else self.market(sessions)
        at = market.clock.last_by(np.datetime64(request.through, "D"))
        seen = request.cursor.get("through")
        if at < 0 or (seen and market.clock.sessions[at] <= np.datetime64(seen, "D")):
            return
        cut = Cut(np.datetime64(seen or "0001-01-01", "D"), market.clock.sessions[at], market.clock)
        frames = {table: frame for table, frame in self._frames(market, cut, request).items() if frame.height}
        yield Batch(frames, _ledger(frames, cut), self._settings() | {"through": str(cut.through)})

    def plan(self, request: FetchRequest) -> FetchPlan:
        """Whether the market has anything new; it costs no request. Raises BadConfig as ``fetch`` does."""
        self._check_cursor(request.cursor)
        through = min(request.through, self.last_session)
        seen = request.cursor.get("through")
        new = [session for session in request.sessions if session <= through and (seen is None or session.isoformat() > seen)]
        lines = (PlanLine("market", f"new through {new[-1]}", 1, 0, first_subjects=(SUBJECT,)),) if new else ()
        return FetchPlan(lines, 0.0, "")

    def market(self, sessions: tuple[date, ...]) -> Market:
        """The market on these XNYS sessions, kept for the next fetch."""
        from rotation_pipeline.sources.simulated.clock import check_horizon
        from rotation_pipeline.sources.simulated.market import generate

        check_horizon(self.n_years)
        if self._kept is None or self._kept[0] != sessions:
            self._kept = sessions, generate(sessions, self.n_names, self.n_years, self.seed, self.last_session)
        return self._kept[1]

    def planted_market(self, sessions: tuple[date, ...]) -> Planted:
        """The planted market on these XNYS sessions, kept for the next fetch. Raises BadConfig, BadInput."""
        from rotation_pipeline.sources.simulated.planted.design import make_design
        from rotation_pipeline.sources.simulated.planted.market import plant

        if self._kept_planted is None or self._kept_planted[0] != sessions:
            design = make_design(self.n_names, self.n_years, self.n_sessions, self.noisy)
            self._kept_planted = sessions, plant(sessions, design, self.seed, self.last_session)
        return self._kept_planted[1]

    def _settings(self) -> dict[str, str]:
        numbers = {"n_names": self.n_names, "n_years": self.n_years, "seed": self.seed, "n_sessions": self.n_sessions or "all"}
        kind = ("noisy" if self.noisy else "noise-free") if self.planted else "no"
        return {key: str(value) for key, value in numbers.items()} | {"last_session": self.last_session.isoformat(), "planted": kind}

    def _check_cursor(self, cursor: Mapping[str, str]) -> None:
        """Raise BadConfig when what was landed before came from other settings."""
        mine = self._settings()
        other = {key: cursor[key] for key in mine if key in cursor and cursor[key] != mine[key]}
        if other:
            theirs = ", ".join(f"{key} {value}" for key, value in other.items())
            problem = f"another simulated market lives in this home ({theirs})"
            raise BadConfig("simulated", problem, "use the same settings, or an empty home")

    def _frames(self, market: Market, cut: Cut, request: FetchRequest) -> dict[str, pl.DataFrame]:
        """All frames of the cut; listings and membership in full, and only when something in them changed."""
        from rotation_pipeline.sources.simulated import emit_company, emit_market
        from rotation_pipeline.sources.simulated.planted import emit

        demo: dict[str, Callable[[], pl.DataFrame]] = {
            "raw.listing": lambda: _if_changed(emit_market.listings, market, cut),
            "raw.membership": lambda: _if_changed(emit_market.memberships, market, cut),
            "raw.price_bar": lambda: emit_market.price_bars(market, cut),
            "raw.corporate_action": lambda: emit_market.corporate_actions(market, cut),
            "raw.share_count": lambda: emit_company.share_counts(market, cut),
            "raw.statement": lambda: emit_company.statements(market, cut),
            "raw.earnings_event": lambda: emit_company.earnings_events(market, cut),
        }
        makers = emit.makers(self.planted_market(tuple(request.sessions)), cut) if self.planted else demo
        frames = {}
        for done, (table, make) in enumerate(makers.items()):
            request.progress(done, len(makers), table)
            frames[table] = make()
        request.progress(len(makers), len(makers), SUBJECT)
        return frames


def _if_changed(snapshot: Callable[[Market, np.datetime64], pl.DataFrame], market: Market, cut: Cut) -> pl.DataFrame:
    """The snapshot at the cut, or no rows when it is what it was at the last one."""
    now = snapshot(market, cut.through)
    return now.clear() if cut.start > 0 and now.equals(snapshot(market, cut.after)) else now


def _ledger(frames: Mapping[str, pl.DataFrame], cut: Cut) -> tuple[LedgerEntry, ...]:
    """One entry a symbol for the bars, one a dataset for everything else; a session without any bar failed as a whole."""
    import polars as pl

    others = [LedgerEntry(t, SUBJECT, "landed", frame.height) for t, frame in frames.items() if t != "raw.price_bar"]
    if "raw.price_bar" not in frames:
        reason = f"nothing was served for {cut.through}; it comes with the next session"
        return (LedgerEntry("raw.price_bar", SUBJECT, "failed", reason=reason), *others)
    session = pl.col("session")
    bars = frames["raw.price_bar"].group_by("symbol").agg(pl.len(), session.min().alias("first"), session.max().alias("last"))
    entries = [LedgerEntry("raw.price_bar", symbol, "landed", n, first, last) for symbol, n, first, last in bars.sort("symbol").iter_rows()]
    return tuple(entries + others)
