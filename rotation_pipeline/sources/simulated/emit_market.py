"""Market facts in a vendor's shape, cut at a session: bars on the basis of the fetch, actions, listings, the dated list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.bars import Panel
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.fund_rules import FUNDS, INDICES
from rotation_pipeline.sources.simulated.funds import GAUGES
from rotation_pipeline.sources.simulated.market import Market
from rotation_pipeline.sources.simulated.returns import last_index

UNIVERSE_ID = "SP500"


@dataclass(frozen=True)
class Cut:
    """What is new: dates after ``after`` up to ``through``, which is a session; ``clock`` places both."""

    after: np.datetime64
    through: np.datetime64
    clock: Clock

    @property
    def at(self) -> int:
        """Index of the last session that is in."""
        return self.clock.last_by(self.through)

    @property
    def start(self) -> int:
        """Index of the first session that is new."""
        return self.clock.last_by(self.after) + 1

    def holds(self, dates: Dates) -> Flags:
        """True where a date is new."""
        return (dates > self.after) & (dates <= self.through)


def price_bars(market: Market, cut: Cut) -> pl.DataFrame:
    """Rows of raw.price_bar: all prices adjusted for every split up to ``cut.through``, as Yahoo serves them."""
    return pl.concat([_bars(panel, cut) for panel in market.panels])


def corporate_actions(market: Market, cut: Cut) -> pl.DataFrame:
    """Rows of raw.corporate_action: split ratios, and dividends on the share basis of ``cut.through``."""
    frames = []
    for panel in market.panels:
        live = panel.is_live
        rebase = _ahead(np.cumprod(panel.split, axis=0), cut.at)
        for kind, amount, is_event in (("split", panel.split, panel.split != 1), ("dividend", panel.dividend / rebase, panel.dividend > 0)):
            t, i = _new_cells(is_event & live, cut)
            frames.append(_keyed(panel, t, i, cut, "ex_date").with_columns(pl.lit(kind).alias("kind"), pl.Series("amount", amount[t, i])))
    return pl.concat(frames).with_columns(_day(cut.through).alias("basis_date"), pl.lit("USD").alias("currency"))


def listings(market: Market, through: np.datetime64) -> pl.DataFrame:
    """Rows of raw.listing: everything that had traded by ``through``, with what was known of it then."""
    clock, universe = market.clock, market.universe
    at = clock.last_by(through)
    first, last = clock.at_or_after(universe.fates.listed_on), last_index(universe, clock)
    rows = []
    for i in np.flatnonzero(first <= at):
        company, has_ended = universe.companies[i], last[i] < at
        rows.append({
            "symbol": company.symbol, "name": f"{company.name} (simulated)", "kind": "EQUITY", "exchange": company.exchange,
            "issuer_key": f"SIM-{company.issuer}", "sector": company.sector, "industry": company.industry,
            "first_session": clock.sessions[first[i]].item(), "last_session": clock.sessions[last[i]].item() if has_ended else None,
            "delist_reason": universe.fates.delist_reason[i] if has_ended else None,
            "delist_return": universe.fates.told_return[i] if has_ended else None,
        })  # fmt: skip
    others = [(f.symbol, f.name, "ETF", f.exchange) for f in FUNDS] + [(f.symbol, f.name, "INDEX", f.exchange) for f in INDICES]
    others += [(symbol, name, "INDEX", exchange) for symbol, name, exchange in GAUGES]
    begin = _first_sessions(market)
    for symbol, name, kind, exchange in others:
        if begin[symbol] <= at:
            row = {"symbol": symbol, "name": f"{name} (simulated)", "kind": kind, "exchange": exchange}
            rows.append(row | {"first_session": clock.sessions[begin[symbol]].item()})
    return pl.DataFrame(rows, schema=_LISTING).with_columns(pl.lit("USD").alias("currency"))


def memberships(market: Market, through: np.datetime64) -> pl.DataFrame:
    """Rows of raw.membership: every stay that had begun by ``through``; its end only when it had come."""
    clock = market.clock
    at = clock.last_by(through)
    stays = [stay for stay in market.membership.stays if stay.first <= at]
    ends = [clock.sessions[stay.end].item() if stay.end <= min(at, clock.n - 1) else None for stay in stays]
    return pl.DataFrame({
        "universe_id": pl.repeat(UNIVERSE_ID, len(stays), eager=True),
        "symbol": [market.universe.companies[stay.name].symbol for stay in stays],
        "valid_from": [clock.sessions[stay.first].item() for stay in stays],
        "valid_to": pl.Series(ends, dtype=pl.Date),
        "bias_label": pl.repeat("PIT_FULL", len(stays), eager=True),
    })  # fmt: skip


_LISTING = {
    "symbol": pl.String, "name": pl.String, "kind": pl.String, "exchange": pl.String, "issuer_key": pl.String, "sector": pl.String,
    "industry": pl.String, "first_session": pl.Date, "last_session": pl.Date, "delist_reason": pl.String, "delist_return": pl.Float64,
}  # fmt: skip


def _bars(panel: Panel, cut: Cut) -> pl.DataFrame:
    t, i = _new_cells(panel.is_live, cut)
    rebase = _ahead(np.cumprod(panel.split, axis=0), cut.at)[t, i]
    close = panel.close[t, i] / rebase
    values = {
        "open": panel.open[t, i] / rebase,
        "high": panel.high[t, i] / rebase,
        "low": panel.low[t, i] / rebase,
        "close": close,
        "adj_close": close * _ahead(np.cumprod(_yahoo_multipliers(panel), axis=0), cut.at)[t, i],
        "volume": panel.volume[t, i] * rebase,
    }
    return _keyed(panel, t, i, cut, "session").with_columns(
        *(pl.Series(name, value) for name, value in values.items()),
        pl.lit("split_adjusted").alias("price_basis"),
        pl.lit("listed").alias("dividend_basis"),
        _day(cut.through).alias("basis_date"),
    )


def _yahoo_multipliers(panel: Panel) -> Floats:
    """1 - D / P(-1) on ex-dates, 1 elsewhere (T, M): Yahoo's back-adjustment (methodology A.2)."""
    out = np.ones_like(panel.close)
    out[1:] -= np.nan_to_num(panel.dividend[1:] * panel.split[1:] / panel.close[:-1])
    return out


def _ahead(cumulative: Floats, at: int) -> Floats:
    """Product of what comes after each row up to row ``at``, from the running product."""
    ahead: Floats = cumulative[at] / cumulative
    return ahead


def _new_cells(is_event: Flags, cut: Cut) -> tuple[Ints, Ints]:
    """Session and line indices of the true cells on new sessions."""
    t, i = np.nonzero(is_event[cut.start : cut.at + 1])
    return t + cut.start, i


def _keyed(panel: Panel, t: Ints, i: Ints, cut: Cut, date_column: str) -> pl.DataFrame:
    """A frame with the symbol and the date of each cell."""
    return pl.DataFrame({"symbol": pl.Series(panel.symbols, dtype=pl.String).gather(i), date_column: cut.clock.sessions[t]})


def _day(day: np.datetime64) -> pl.Expr:
    return pl.lit(day.item(), dtype=pl.Date)


def _first_sessions(market: Market) -> dict[str, int]:
    """Index of the first bar of each fund and index; ``n`` for those that have none yet."""
    first: dict[str, int] = {}
    for panel in market.panels[1:]:
        begin = np.where(panel.is_live.any(axis=0), panel.is_live.argmax(axis=0), market.clock.n)
        first |= dict(zip(panel.symbols, begin.tolist(), strict=True))
    return first
