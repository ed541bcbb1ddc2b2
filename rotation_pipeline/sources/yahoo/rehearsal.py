"""The plan of a fetch in requests and minutes, cut where the budget ends, before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rotation_pipeline.sources.base import FetchPlan, FetchRequest, PlanLine
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.budget import Budget
from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK
from rotation_pipeline.sources.yahoo.pace import seconds_for
from rotation_pipeline.sources.yahoo.plan import Swept
from rotation_pipeline.sources.yahoo.standing import LABELS, Standing
from rotation_pipeline.sources.yahoo.sweep.labels import industries_due, label_turns
from rotation_pipeline.sources.yahoo.sweep.market import expected_requests

SHOWN = 5  # subjects named a line
DETAIL_ENDPOINTS = {"summary": "quoteSummary", "statements": "timeseries", "shares": "timeseries", "dates": "earnings"}  # one request each
CALENDAR_PAGES = 2  # a day in the season has some 150 announcements, 100 to a page


@dataclass(frozen=True)
class _Errand:
    """One thing to ask for and the requests that it takes, by endpoint."""

    what: str
    why: str
    subject: str
    requests: Counter[str]


def is_anything_due(request: FetchRequest, standing: Standing, lookback_years: int) -> bool:
    """Whether a fetch has anything to ask for."""
    return bool(_errands(request, standing, lookback_years))


def rehearse(request: FetchRequest, standing: Standing, budget: Budget, lookback_years: int) -> FetchPlan:
    """Lines by kind and reason in the order of asking. What the sweep will find suspect, and answers asked twice, are not foreseen."""
    errands = _errands(request, standing, lookback_years)
    n_now = plan.within([errand.requests.total() for errand in errands], budget.left())
    lines = [
        _line(what, why, [e for e in errands[:n_now] if (e.what, e.why) == (what, why)], errands[n_now:])
        for what, why in dict.fromkeys((errand.what, errand.why) for errand in errands)
    ]
    asked = sum((errand.requests for errand in errands[:n_now]), Counter[str]())
    return FetchPlan(tuple(lines), seconds_for(asked), budget.describe())


def _line(what: str, why: str, now: Sequence[_Errand], later: Sequence[_Errand]) -> PlanLine:
    waiting = [errand for errand in later if (errand.what, errand.why) == (what, why)]
    names = tuple(errand.subject for errand in [*now, *waiting][:SHOWN])
    return PlanLine(what, why, len(now), sum(errand.requests.total() for errand in now), len(waiting), names)


def _errands(request: FetchRequest, standing: Standing, lookback_years: int) -> list[_Errand]:
    # The sweep will see the companies that are known; until it has, every symbol without a bar needs a chart.
    seen = Swept(frozenset(symbol for symbol in standing.companies if not standing.is_new(symbol)))
    charts = plan.charts_due(request, standing, seen, lookback_years)
    first = [chart for chart in charts if chart.why == plan.SENTINEL]
    errands = [_Errand("chart", chart.why, chart.symbol, Counter(chart=1)) for chart in first]
    if plan.is_sweep_due(request, standing):
        n_named = len(set(standing.living()) - standing.companies)
        errands.append(_Errand("sweep", "once a session", "US market", Counter(screener=expected_requests(standing.cursor, n_named))))
    today = request.now.astimezone(NEW_YORK).date()
    days = plan.calendar_days(request, standing, today)
    errands += [_Errand("calendar day", "two weeks ahead", str(day), Counter(visualization=CALENDAR_PAGES)) for day in days]
    errands += [_Errand("chart", chart.why, chart.symbol, Counter(chart=1)) for chart in charts if chart.why != plan.SENTINEL]
    if standing.market and standing.answered(LABELS) < request.through:
        n_industries = len(industries_due(standing.cursor, request.through, label_turns(standing.cursor, len(standing.companies))))
        errands.append(_Errand("industries", "sector and industry in turn", f"{n_industries} industries", Counter(screener=n_industries)))
    errands += [
        _Errand("details", one.why, one.symbol, Counter(DETAIL_ENDPOINTS[kind] for kind in one.kinds))
        for one in plan.details_due(request, standing)
    ]
    return errands
