"""What goes wrong with Yahoo's data itself: pure changes of a chart body, which stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from rotation_pipeline_tests.sources.yahoo.loopback.wire import NEW_YORK, opening

Body = Mapping[str, Any]
PRICES = ("open", "high", "low", "close")


def reordered(body: Body) -> Body:
    """The rows backwards."""
    return _rows(body, lambda rows: list(reversed(rows)))


def of_step(body: Body, step: str) -> Body:
    """The rows called bars of another step, such as 1mo."""
    out = _copy(body)
    _result(out)["meta"]["dataGranularity"] = step
    return out


def with_row_twice(body: Body, day: date) -> Body:
    """The row of ``day`` served twice."""
    at = _row_of(body, day)
    return _rows(body, lambda rows: [*rows[: at + 1], *rows[at:]])


def without_session(body: Body, day: date) -> Body:
    """The row of ``day`` left out, as when Yahoo loses a whole session; unchanged where there is none."""
    return _rows(body, lambda rows: [n for n in rows if _day(body, n) != day])


def nan_close(body: Body, day: date) -> Body:
    """Prices of ``day`` missing, its volume there."""
    at, out = _row_of(body, day), _copy(body)
    for column in _price_columns(out):
        column[at] = None
    return out


def above_high(body: Body, day: date) -> Body:
    """The high of ``day`` one dollar below its close."""
    at, out = _row_of(body, day), _copy(body)
    quote = _quote(out)
    quote["high"][at] = quote["close"][at] - 1
    return out


def corrected(body: Body, day: date, times: float) -> Body:
    """The close of ``day`` restated by a factor, its high and low moved to hold it."""
    at, out = _row_of(body, day), _copy(body)
    quote = _quote(out)
    for column in (quote["close"], _adjusted(out)):
        column[at] *= times
    quote["high"][at], quote["low"][at] = max(quote["high"][at], quote["close"][at]), min(quote["low"][at], quote["close"][at])
    return out


def unapplied_split(body: Body, ex_date: date, *, is_cash_too: bool = False) -> Body:
    """The split of ``ex_date`` listed, the rows before it not yet brought to the new share basis; nor dividends, ``is_cash_too``."""
    out = _copy(body)
    (split,) = [event for event in _events(out, "splits").values() if _local(event["date"]) == ex_date]
    ratio = split["numerator"] / split["denominator"]
    for at in range(len(_stamps(out))):
        if _day(out, at) < ex_date:
            for column in _price_columns(out):
                column[at] = None if column[at] is None else column[at] * ratio
            volume = _quote(out)["volume"]
            volume[at] = None if volume[at] is None else round(volume[at] / ratio)
    for paid in _events(out, "dividends").values() if is_cash_too else ():
        if _local(paid["date"]) < ex_date:
            paid["amount"] *= ratio
    return out


def late_split(body: Body, ex_date: date) -> Body:
    """The body as before Yahoo noticed the split of ``ex_date``: neither listed nor applied."""
    out = unapplied_split(body, ex_date)
    _forget(_events(out, "splits"), ex_date)
    return out


def unlisted_split(body: Body, ex_date: date) -> Body:
    """The rows brought to the share basis of the split of ``ex_date``, and the split not listed."""
    out = _copy(body)
    _forget(_events(out, "splits"), ex_date)
    return out


def misstated_split(body: Body, ex_date: date, new: int, old: int) -> Body:
    """The rows brought to the share basis of the split of ``ex_date``, and another ratio listed."""
    out = _copy(body)
    for event in _events(out, "splits").values():
        if _local(event["date"]) == ex_date:
            event.update(numerator=new, denominator=old, splitRatio=f"{new}:{old}")
    return out


def misapplied_split(body: Body, ex_date: date, times: float) -> Body:
    """Rows and dividends of before ``ex_date`` brought to the share basis of a split ``times`` as large as the listed one."""
    out = _copy(body)
    for at in range(len(_stamps(out))):
        if _day(out, at) < ex_date:
            for column in _price_columns(out):
                column[at] = None if column[at] is None else column[at] / times
    for paid in _events(out, "dividends").values():
        if _local(paid["date"]) < ex_date:
            paid["amount"] /= times
    return out


def imagined_split(body: Body, ex_date: date, new: int, old: int) -> Body:
    """A split listed that was never made; every row stays."""
    out = _copy(body)
    event = {"date": opening(ex_date), "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
    _result(out).setdefault("events", {}).setdefault("splits", {})[str(opening(ex_date))] = event
    return out


def unlisted_dividend(body: Body, ex_date: date) -> Body:
    """The dividend of ``ex_date`` neither listed nor in the adjusted close."""
    out = _copy(body)
    _forget(_events(out, "dividends"), ex_date)
    return with_adjusted_closes(out)


def with_adjusted_closes(body: Body) -> Body:
    """The adjusted closes as Yahoo works them out: what came before an ex-date times 1 - D / P of the row before it."""
    out = _copy(body)
    quote, adjusted, factor = _quote(out), _adjusted(out), 1.0
    paid = {_local(event["date"]): event["amount"] for event in _events(out, "dividends").values()}
    for at in reversed(range(len(adjusted))):
        adjusted[at] = quote["close"][at] * factor
        if at and _day(out, at) in paid:
            factor *= 1 - paid[_day(out, at)] / quote["close"][at - 1]
    return out


def scaled_dividend(body: Body, ex_date: date, times: float) -> Body:
    """The amount of the dividend of ``ex_date`` multiplied, while adjusted closes say what was paid."""
    out = _copy(body)
    for event in _events(out, "dividends").values():
        if _local(event["date"]) == ex_date:
            event["amount"] *= times
    return out


def with_dividend_twice(body: Body, ex_date: date, again: date) -> Body:
    """The dividend of ``ex_date`` listed once more on another day; adjusted closes know one."""
    out = _copy(body)
    (paid,) = [event for event in _events(out, "dividends").values() if _local(event["date"]) == ex_date]
    _events(out, "dividends")[str(opening(again))] = {**paid, "date": opening(again)}
    return out


def with_dividend_on(body: Body, ex_date: date, shown: date) -> Body:
    """The dividend of ``ex_date`` listed under another day; adjusted closes step where they did."""
    out = _copy(body)
    events = _events(out, "dividends")
    (key,) = [key for key, event in events.items() if _local(event["date"]) == ex_date]
    events[str(opening(shown))] = {**events.pop(key), "date": opening(shown)}
    return out


def at_midnight_utc(body: Body) -> Body:
    """Every row stamped at midnight UTC of its day, which is the evening before in New York."""
    out = _copy(body)
    days = [_day(out, at) for at in range(len(_stamps(out)))]
    _result(out)["timestamp"] = [int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) for day in days]
    return out


def a_session_early(body: Body) -> Body:
    """Every row but the first under the day of the row before."""
    out = _rows(body, lambda rows: rows[1:])
    _result(out)["timestamp"] = _stamps(body)[:-1]
    return out


def with_unfinished_bar(body: Body, day: date, last_trade: datetime) -> Body:
    """A further row for ``day``, still trading at the aware instant ``last_trade``: the last close again, and a little volume."""
    out = _copy(body)
    result = out["chart"]["result"][0]
    result["timestamp"].append(int(last_trade.timestamp()))
    result["meta"]["regularMarketTime"] = int(last_trade.timestamp())
    for column in _price_columns(out):
        column.append(column[-1])
    _quote(out)["volume"].append(10)
    assert _day(out, -1) == day
    return out


def _copy(body: Body) -> dict[str, Any]:
    out = deepcopy(dict(body))
    adjusted = _result(out)["indicators"]["adjclose"][0]
    adjusted["adjclose"] = list(adjusted["adjclose"])  # may be the list of the closes
    return out


def _result(body: Body) -> dict[str, Any]:
    result: dict[str, Any] = body["chart"]["result"][0]
    return result


def _stamps(body: Body) -> list[int]:
    stamps: list[int] = _result(body)["timestamp"]
    return stamps


def _quote(body: Body) -> dict[str, list[Any]]:
    quote: dict[str, list[Any]] = _result(body)["indicators"]["quote"][0]
    return quote


def _adjusted(body: Body) -> list[Any]:
    adjusted: list[Any] = _result(body)["indicators"]["adjclose"][0]["adjclose"]
    return adjusted


def _price_columns(body: Body) -> list[list[Any]]:
    return [*(_quote(body)[name] for name in PRICES), _adjusted(body)]


def _events(body: Body, kind: str) -> dict[str, Any]:
    events: dict[str, Any] = _result(body).get("events", {}).get(kind, {})
    return events


def _forget(events: dict[str, Any], day: date) -> None:
    for key in [key for key, event in events.items() if _local(event["date"]) == day]:
        del events[key]


def _local(stamp: int) -> date:
    return datetime.fromtimestamp(stamp, UTC).astimezone(NEW_YORK).date()


def _day(body: Body, at: int) -> date:
    return _local(_stamps(body)[at])


def _row_of(body: Body, day: date) -> int:
    return next(n for n in range(len(_stamps(body))) if _day(body, n) == day)


def _rows(body: Body, choose: Callable[[list[int]], Sequence[int]]) -> dict[str, Any]:
    """The body with the rows of the numbers chosen, in their order."""
    out = _copy(body)
    result = _result(out)
    rows = choose(list(range(len(result["timestamp"]))))
    result["timestamp"] = [result["timestamp"][n] for n in rows]
    for block, (columns,) in result["indicators"].items():
        result["indicators"][block] = [{name: [column[n] for n in rows] for name, column in columns.items()}]
    return out
