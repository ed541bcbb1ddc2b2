"""What `rotation fetch --dry-run` tells before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.budget import Budget
from rotation_pipeline.sources.yahoo.rehearsal import is_anything_due, rehearse
from rotation_pipeline.sources.yahoo.standing import Standing

FRI = date(2026, 11, 13)
REQUEST = FetchRequest(FRI, [date(2026, 11, day) for day in (9, 10, 11, 12, 13)], datetime(2026, 11, 14, 1, 30, tzinfo=UTC))


@pytest.fixture
def budget(tmp_path: Path) -> Budget:
    return Budget(tmp_path / "requests.sqlite", 60, 2000, lambda: 1e9)


def standing(companies: list[str], funds: list[str], cursor: Mapping[str, str]) -> Standing:
    market = frozenset([*companies, *funds])
    return Standing(market, market, frozenset(companies), frozenset(), {}, {}, cursor=cursor)


def test_a_new_home_is_planned_in_the_order_of_asking_and_cut_at_the_budget(budget: Budget) -> None:
    plan = rehearse(REQUEST, standing(["KO", "PEP"], ["SPY"], {}), budget, 10)
    assert [(line.what, line.why, line.n_subjects, line.n_requests, line.n_waiting) for line in plan.lines] == [
        ("chart", "sentinel", 1, 1, 0),
        ("sweep", "once a session", 1, 26, 0),
        ("calendar day", "two weeks ahead", 16, 32, 6),
        ("chart", "new", 0, 0, 2),
        ("industries", "sector and industry in turn", 0, 0, 1),
        ("details", "first time", 0, 0, 2),
    ]
    assert plan.lines[3].first_subjects == ("KO", "PEP")
    assert plan.seconds > 59
    assert plan.budget == "requests left: 60 of 60 in the hour, 2,000 of 2,000 in the day"


def test_after_the_evening_nothing_is_due(budget: Budget) -> None:
    done = {"sweep": "2026-11-13", "calendar": "2026-11-13", "labels": "2026-11-13"}
    done |= {f"{key}:{symbol}": "2026-11-13" for key in ("bars", "whole", "details") for symbol in ("KO", "SPY")}
    here = standing(["KO"], ["SPY"], done)
    assert not is_anything_due(REQUEST, here, 10)
    assert rehearse(REQUEST, here, budget, 10).lines == ()


def test_the_next_evening_costs_a_sweep_and_the_funds(budget: Budget) -> None:
    done = {f"{key}:{symbol}": "2026-11-12" for key in ("bars", "whole", "details") for symbol in ("KO", "SPY", "QLD")}
    plan = rehearse(REQUEST, standing(["KO"], ["SPY", "QLD"], {**done, "calendar": "2026-11-13", "sweep_total": "500"}), budget, 10)
    assert [(line.what, line.why, line.n_requests) for line in plan.lines] == [
        ("chart", "sentinel", 1),
        ("sweep", "once a session", 4),
        ("chart", "not in the sweep", 1),
        ("industries", "sector and industry in turn", 8),
    ]
