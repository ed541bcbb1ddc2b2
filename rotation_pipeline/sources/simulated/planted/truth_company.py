"""The truth about identities, share counts, results, announcements and multiples of a planted market."""

from __future__ import annotations

from datetime import date
from math import fsum

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.calendar import TIMINGS
from rotation_pipeline.sources.simulated.clock import Dates, Flags, Ints
from rotation_pipeline.sources.simulated.emit_company import (
    CONFIRMED_DAYS,
    FIRST_SEEN_DAYS,
    LATE_MOVE_DAYS,
    MOVED_DAYS,
)
from rotation_pipeline.sources.simulated.emit_market import Cut
from rotation_pipeline.sources.simulated.fundamentals import session_factor
from rotation_pipeline.sources.simulated.labels import MEGA
from rotation_pipeline.sources.simulated.planted import earnings
from rotation_pipeline.sources.simulated.planted.emit import share_counts
from rotation_pipeline.sources.simulated.planted.market import Planted, counted_shares

DAWN = np.datetime64("0001-01-01", "D")
# What a source that tells no terms leaves to assume (A.5): -55 % on Nasdaq, -30 % elsewhere, nothing lost in a merger.
FAILED = {"NMS": -0.55, "NYQ": -0.30}
ASSUMED_RETURN = {
    "MERGER_CASH": dict.fromkeys(FAILED, 0.0), "MERGER_STOCK": dict.fromkeys(FAILED, 0.0),
    "PERFORMANCE": FAILED, "UNKNOWN": FAILED, "LIQUIDATION": dict.fromkeys(FAILED, -1.0),
}  # fmt: skip


def identities(planted: Planted) -> pl.DataFrame:
    """true_identity: lines that trade inside the horizon; valid_from NULL: since ever, valid_to NULL: to the end."""
    clock, universe = planted.market.clock, planted.market.universe
    renamed = {rename.name: rename for rename in planted.roles.renames}
    rows = []
    for i in np.flatnonzero(planted.plan.first < clock.n).tolist():
        company, last = universe.companies[i], int(planted.plan.last[i])
        ended = last < clock.n - 1
        reason = universe.fates.delist_reason[i] if ended else None
        told = universe.fates.told_return[i] if ended else None
        assumed = ASSUMED_RETURN[reason][company.exchange] if reason and told is None else None
        facts = {
            "security": i, "issuer": int(universe.issuer[i]), "tier": int(universe.tier[i]),
            "first_session": clock.sessions[planted.plan.first[i]].item(), "last_session": clock.sessions[last].item() if ended else None,
            "delist_reason": reason, "delist_return": told if assumed is None else assumed, "is_return_assumed": assumed is not None,
        }  # fmt: skip
        turn = clock.sessions[renamed[i].at].item() if i in renamed else None
        if turn:
            rows.append(facts | {"symbol": renamed[i].old_symbol, "valid_from": None, "valid_to": turn})
        rows.append(facts | {"symbol": company.symbol, "valid_from": turn, "valid_to": None})
    return pl.DataFrame(rows, schema=_IDENTITY)


_IDENTITY = {
    "security": pl.Int64, "symbol": pl.String, "valid_from": pl.Date, "valid_to": pl.Date, "issuer": pl.Int64, "tier": pl.Int64,
    "first_session": pl.Date, "last_session": pl.Date, "delist_reason": pl.String, "delist_return": pl.Float64,
    "is_return_assumed": pl.Boolean,
}  # fmt: skip


def exchanges(planted: Planted) -> pl.DataFrame:
    """true_exchange: lines that trade inside the horizon; valid_from NULL: since ever, valid_to NULL: to the end."""
    clock, companies = planted.market.clock, planted.market.universe.companies
    moved = {move.name: move for move in planted.roles.exchange_moves}
    rows: list[tuple[int, str, date | None, date | None]] = []
    for i in np.flatnonzero(planted.plan.first < clock.n).tolist():
        turn = clock.sessions[moved[i].at].item() if i in moved else None
        rows.append((i, companies[i].exchange, None, turn))
        if turn:
            rows.append((i, moved[i].exchange, turn, None))
    schema = {"security": pl.Int64, "exchange": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def share_filings(planted: Planted) -> pl.DataFrame:
    """true_shares: shares on the basis of as_of, known from the session after known_on."""
    market = planted.market
    numbers = pl.DataFrame({"symbol": market.companies.symbols, "security": np.arange(market.universe.n)})
    whole = Cut(DAWN, market.clock.sessions[-1], market.clock)
    filed = share_counts(planted, whole).join(numbers, on="symbol", maintain_order="left")
    return filed.select("security", "as_of", "known_on", "shares")


def events(planted: Planted) -> pl.DataFrame:
    """true_event: reported quarters by company; timing as the vendor shows it; EPS on the basis of the announcement."""
    calendar, market = planted.market.calendar, planted.market
    known = earnings.knowledge(calendar, planted.sessions)
    k, i = np.nonzero(_reported(planted))
    timing = np.where(calendar.is_timing_known, np.array(TIMINGS)[calendar.timing], "UNKNOWN")
    factor = session_factor(market.split_factor, calendar.announced_on, market.clock)
    return pl.DataFrame({
        "security": i,
        "fiscal_period_end": calendar.period_end[k, i],
        "announced_on": calendar.announced_on[k, i],
        "timing": pl.Series(timing[k, i], dtype=pl.String),
        "known_session": planted.sessions[known.known_at[k, i]],
        "reaction_session": planted.sessions[known.reacts_at[k, i]],
        "n_moves": _moves(planted)[k, i],
        "eps_actual": market.fundamentals.street_eps_fwd[k, i] / factor[k, i],
    }).sort("security", "fiscal_period_end")  # fmt: skip


def trailing_sums(planted: Planted) -> pl.DataFrame:
    """true_fundamental: by company, trailing EPS on the first basis from known_session on; growth on the sum of a year before, if any."""
    made, sessions = planted.market.fundamentals, planted.sessions
    known_at = earnings.knowledge(planted.market.calendar, sessions).known_at
    reported, ends, rows = _reported(planted), planted.market.calendar.period_end, []
    for i in np.flatnonzero(reported.any(axis=0)).tolist():
        quarters = np.flatnonzero(reported[:, i]).tolist()
        sums = {k: fsum(made.street_eps_fwd[[k - 3, k - 2, k - 1, k], i]) for n, k in enumerate(quarters) if n >= 3}
        for k, total in sums.items():
            before = sums.get(k - 4)
            growth = total / before - 1.0 if before else None
            rows.append((i, sessions[known_at[k, i]].item(), ends[k, i].item(), total, growth))
    schema = {"security": pl.Int64, "known_session": pl.Date, "period_end": pl.Date, "eps_first_basis": pl.Float64, "growth": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def multiples(planted: Planted) -> pl.DataFrame:
    """true_multiple: PE of the seven and of the list without them on the last session of each month and on the planted one.

    No rows on sessions on which nobody has four known quarters yet. Every bar counts, also one that the vendor lost.
    """
    market, sessions = planted.market, planted.market.clock.sessions
    month = sessions.astype("datetime64[M]")
    valued = earnings.valuation_session(market.clock)
    at = sorted({*np.flatnonzero(month[1:] != month[:-1]).tolist(), len(sessions) - 1, valued} - {-1})
    tech, rows = market.universe.tier == MEGA, []
    for t in at:
        member = market.membership.is_member[t]
        found = {cohort: _multiple(planted, t, chosen) for cohort, chosen in (("MAG7", tech), ("SP493", member & ~tech))}
        rows += [(cohort, sessions[t].item(), pe, t == valued) for cohort, pe in found.items() if pe is not None]
    schema = {"cohort_id": pl.String, "session": pl.Date, "pe_incl": pl.Float64, "is_planted_ratio": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _multiple(planted: Planted, t: int, chosen: Flags) -> float | None:
    """Sum of caps over sum of trailing earnings of the companies chosen by their primary line; those without a sum are in neither.

    None when the sum of earnings is not positive, or empty.
    """
    market = planted.market
    price = np.nan_to_num(market.companies.close[t]) * market.split_factor[t]
    company = market.universe.company_total((price * counted_shares(market, t))[None, :])[0]
    known_at = earnings.knowledge(market.calendar, planted.sessions).known_at
    known = market.fundamentals.exists & (known_at <= np.searchsorted(planted.sessions, market.clock.sessions[t]))
    eps = earnings.trailing_eps(market.fundamentals, known)
    usable = np.flatnonzero(chosen & (market.universe.issuer == np.arange(market.universe.n)) & ~np.isnan(eps) & (company > 0))
    caps = company[usable]
    total = fsum(caps * eps[usable] / price[usable])
    return fsum(caps) / total if total > 0 else None


def _reported(planted: Planted) -> Flags:
    """True (K, N) on primary lines where a result came out while the line traded, inside the horizon."""
    calendar, universe = planted.market.calendar, planted.market.universe
    is_primary = universe.issuer == np.arange(universe.n)
    inside = calendar.announced_on <= planted.market.clock.sessions[-1]
    reported: Flags = planted.market.fundamentals.exists & is_primary & inside & _trades(planted, calendar.announced_on)
    return reported


def _moves(planted: Planted) -> Ints:
    """How often the date moved between observations (K, N): seen some 60 days ahead, moved, confirmed, moved late, reported."""
    calendar = planted.market.calendar
    on, first, confirmed, jitter = calendar.announced_on, calendar.first_expected_on, calendar.confirmed_on, calendar.lead_days
    seen: tuple[tuple[Dates, Dates], ...] = (
        (on - FIRST_SEEN_DAYS + jitter, first),
        (on - MOVED_DAYS + jitter, confirmed),
        (confirmed - CONFIRMED_DAYS + jitter, confirmed),
        (np.minimum(on, confirmed) - LATE_MOVE_DAYS, on),
        (on, on),
    )
    last = np.full(on.shape, np.datetime64("NaT"), dtype=on.dtype)
    count: Ints = np.zeros(on.shape, dtype=np.int64)
    for observed_on, shown in seen:
        is_seen = _trades(planted, observed_on)
        count += is_seen & ~np.isnat(last) & (last != shown)
        last = np.where(is_seen, shown, last)
    return count


def _trades(planted: Planted, dates: Dates) -> Flags:
    """True where a line is listed on a date (K, N)."""
    clock, fates = planted.market.clock, planted.market.universe.fates
    last = planted.plan.last
    lives_on = last >= clock.n
    trades: Flags = (dates >= fates.listed_on) & (lives_on | (dates <= clock.sessions[np.minimum(last, clock.n - 1)]))
    return trades
