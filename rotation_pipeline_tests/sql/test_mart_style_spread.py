"""mart.style_spread: return differences of funds over horizons, widest since when, and what is not comparable."""

from collections.abc import Sequence
from datetime import date
from math import log
from typing import Any

import numpy as np
import polars as pl
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import put_defaults, put_sessions
from rotation_pipeline_tests.sql.universe_market import assert_windowed_is_whole

FUNDS = {"SMALL": 1, "TECH": 2}


def put_funds(
    lab: Lab, sessions: Sequence[date], returns: dict[str, Sequence[float]], volume: dict[tuple[str, int], float] | None = None
) -> None:
    """Total returns of funds, the first one on its first session; a shorter series begins later."""
    put_sessions(lab, sessions)
    rows = []
    for symbol, series in returns.items():
        lab.put(
            "core.line_symbol",
            [{"security_id": FUNDS[symbol], "symbol": symbol, "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}],
        )
        late, level = len(sessions) - len(series), 0
        for number, r in enumerate(series, late + 1):
            level += round(log(1 + r) * 1e15)
            rows.append(
                {
                    "security_id": FUNDS[symbol],
                    "session": sessions[number - 1],
                    "session_no": number,
                    "log_tri_e15": level,
                    "is_valid": True,
                    "pit_grade": "B",
                    "volume": (volume or {}).get((symbol, number), 1.0),
                }
            )
    lab.put_frame("core.daily_price", pl.DataFrame(rows))


def put_pair(lab: Lab, **columns: Any) -> None:
    pair = {"spread_id": "small_tech", "long_symbol": "SMALL", "short_symbol": "TECH", "measures": "size"}
    lab.put("raw.etf_spread", [pair | columns])


def spreads(lab: Lab, horizon: int = 1) -> list[dict[str, Any]]:
    lab.fill("mart.style_spread")
    return lab.dicts(f"select * from mart.style_spread where horizon_sessions = {horizon} order by session")


@pytest.fixture
def days(xnys: Sequence[date]) -> list[date]:
    return [session for session in xnys if session >= date(2019, 1, 2)]


def test_both_differences_and_both_returns(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab, caution="QQQ is not only technology")
    put_funds(lab, days[:6], {"SMALL": [0, 0.1, 0, 0, 0, 0.1], "TECH": [0, 0, 0, 0, 0, 0.05]})
    row = spreads(lab, 5)[-1]
    assert (row["long_return"], row["short_return"]) == pytest.approx((0.21, 0.05), rel=1e-12)
    assert (row["spread_pp"], row["spread_log"]) == pytest.approx((0.16, log(1.21 / 1.05)), rel=1e-12)
    assert (row["bias_label"], row["pit_grade"], row["caution"], row["n_used"], row["n_missing"]) == (
        "ETF",
        "B",
        "QQQ is not only technology",
        2,
        0,
    )
    assert (row["percentile_5y"], row["percentile_null_reason"], row["z_null_reason"], row["n_obs"]) == (
        None,
        "INSUFFICIENT_HISTORY",
        "INSUFFICIENT_HISTORY",
        1,
    )


def test_no_spread_before_both_exist(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    put_funds(lab, days[:5], {"SMALL": [0, 0.1, 0.1, 0.1, 0.1], "TECH": [0, 0.2, 0.2]})
    rows = spreads(lab)
    assert [(row["null_reason"], row["n_used"]) for row in rows] == [("INSUFFICIENT_HISTORY", n) for n in (0, 1, 1)] + [(None, 2)] * 2
    assert [row["history_from"] for row in rows] == [None, None, None, days[3], days[3]]


def test_a_fund_that_nobody_has_is_unavailable(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab, short_symbol="NONE")
    put_funds(lab, days[:2], {"SMALL": [0, 0.1]})
    assert [row["null_reason"] for row in spreads(lab)] == ["UNAVAILABLE"] * 2


def test_both_ends_must_have_traded(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    put_funds(lab, days[:5], {"SMALL": [0.01] * 5, "TECH": [0.0] * 5}, {("TECH", 3): 0.0})
    assert [row["null_reason"] for row in spreads(lab)] == ["INSUFFICIENT_HISTORY", None, "STALE_INPUT", "STALE_INPUT", None]


def test_nothing_crosses_an_unknown_return(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    put_funds(lab, days[:5], {"SMALL": [0.01] * 5, "TECH": [0.0] * 5})
    lab.warehouse.rows(f"update core.daily_price set tri_segment = 1 where security_id = {FUNDS['SMALL']} and session_no >= 4")
    assert [row["null_reason"] for row in spreads(lab)] == ["INSUFFICIENT_HISTORY", None, None, "INSUFFICIENT_HISTORY", None]


def test_nothing_crosses_a_break(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab, break_on=days[12])
    put_funds(lab, days[:20], {"SMALL": [0.05] * 12 + [0.01] * 8, "TECH": [0.0] * 20})
    rows = spreads(lab, 5)
    assert [row["session"] for row in rows if row["null_reason"] == "INSUFFICIENT_HISTORY"] == days[:5] + days[12:16]
    after = rows[16]  # five returns of the new index, the first on the day of the break
    assert (after["spread_pp"], after["is_record"], after["history_from"]) == (pytest.approx(1.01**5 - 1), True, days[16])


def test_widest_since_against_a_plain_search(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    moves = np.random.default_rng(3).integers(-4, 5, 300) / 100  # few values: many ties and zeros
    put_funds(lab, days[:301], {"SMALL": [0, *moves.tolist()], "TECH": [0.0] * 301})
    rows = spreads(lab)[1:]
    for i, row in enumerate(rows):
        width, side = abs(row["spread_log"]), row["spread_log"] < 0
        since = [u["session"] for u in rows[:i] if (u["spread_log"] < 0) == side and abs(u["spread_log"]) >= width]
        assert (row["widest_since"], row["is_record"]) == (since[-1] if since else None, not since)


def test_place_in_five_years(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    moves = np.random.default_rng(4).normal(0, 0.01, 1600).round(4)
    put_funds(lab, days[:1601], {"SMALL": [0, *moves.tolist()], "TECH": [0.0] * 1601})
    rows = spreads(lab)[1:]
    values = np.array([row["spread_log"] for row in rows])
    sessions = np.array([row["session"] for row in rows])
    for i in (700, 1198, 1199, 1599):
        today = sessions[i]
        start = today.replace(year=today.year - 5)
        window = values[(sessions > start) & (sessions <= today)]
        past = values[(sessions >= start) & (sessions < today)]
        row = rows[i]
        expected = ((window < values[i]).sum() + 0.5 * (window == values[i]).sum()) / len(window) if len(window) >= 1200 else None
        assert row["percentile_5y"] == (None if expected is None else pytest.approx(expected))
        assert row["z_5y"] == pytest.approx((values[i] - past.mean()) / past.std(ddof=1), rel=1e-6)
        assert row["n_obs"] == len(window)


def test_the_future_changes_nothing(lab: Lab, days: list[date]) -> None:
    put_defaults(lab)
    put_pair(lab)
    moves = np.random.default_rng(5).normal(0, 0.01, 80).tolist()
    put_funds(lab, days[:81], {"SMALL": [0, *moves], "TECH": [0.0] * 81})
    whole = [row for row in spreads(lab) if row["session"] <= days[50]]
    lab.rows(f"delete from core.daily_price where session > '{days[50]}'")
    lab.rows(f"delete from core.session where session > '{days[50]}'")
    assert spreads(lab) == whole


def test_windowed_is_whole(lab: Lab, days: list[date]) -> None:
    """Of the last session alone, and of several: dates of the last time and ranks look back over what is not redone."""
    put_defaults(lab)
    lab.param(history__min_obs_percentile=30, history__min_obs_z=20)
    put_pair(lab, break_on=days[40])
    wave = [0.01 * ((7919 * i) % 23 - 11) for i in range(120)]
    put_funds(lab, days[:120], {"SMALL": wave, "TECH": wave[::-1]})
    for first in (days[119], days[110], days[20]):
        assert_windowed_is_whole(lab, "mart.style_spread", first)
