"""A value against its own five years: the worked examples, windows to the day, ties, gaps, and the same bits from any start."""

import json
import statistics
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.transforms.history import is_5y_high, last_at_least, n_obs_5y, only_session, percentile_5y, z_5y

GOLDEN = json.loads((Path(__file__).parents[1] / "golden.json").read_text())
DAY = timedelta(days=1)


def series(values: list[float | None], last: date = date(2026, 1, 13), name: str = "A") -> pl.DataFrame:
    """Values on successive days up to ``last``."""
    days = [last - DAY * back for back in reversed(range(len(values)))]
    schema = {"name": pl.String(), "session": pl.Date(), "x": pl.Float64()}
    return pl.DataFrame({"name": [name] * len(values), "session": days, "x": values}, schema=schema)


def last(frame: pl.DataFrame, expression: pl.Expr) -> object:
    return frame.select(expression).to_series()[-1]


def test_golden_percentile_and_high() -> None:
    golden = GOLDEN["G-C11"]
    frame = series([float(x) for x in golden["inputs"]["window"]])
    assert last(frame, percentile_5y("x", ["name"], 10)) == pytest.approx(golden["outputs"]["pct"], rel=1e-9)
    assert last(frame, is_5y_high("x", ["name"], 10)) is bool(golden["outputs"]["is_window_max"])
    assert last(frame, percentile_5y("x", ["name"], 11)) is None
    assert last(frame, is_5y_high("x", ["name"], 11)) is None


def test_golden_z_leaves_today_out() -> None:
    golden = GOLDEN["G-E5"]
    frame = series([*golden["inputs"]["history"], golden["inputs"]["x"]])
    assert last(frame, z_5y("x", ["name"], 5)) == pytest.approx(golden["outputs"]["z"], rel=1e-9)
    assert last(frame, z_5y("x", ["name"], 6)) is None


def test_ties_with_the_highest_are_highs_and_a_flat_history_has_no_z() -> None:
    frame = series([2.0, 2.0, 2.0, 2.0])
    assert last(frame, is_5y_high("x", ["name"], 1)) is True
    assert last(frame, percentile_5y("x", ["name"], 1)) == 0.5
    assert last(frame, z_5y("x", ["name"], 2)) is None


def test_missing_and_infinite_values_are_no_observations() -> None:
    frame = series([1.0, None, float("inf"), float("nan"), 3.0, 2.0])
    assert last(frame, n_obs_5y("x", ["name"])) == 3
    assert last(frame, percentile_5y("x", ["name"], 3)) == pytest.approx(0.5)
    assert last(frame, z_5y("x", ["name"], 2)) == 0
    assert last(series([1.0, 2.0, None]), percentile_5y("x", ["name"], 1)) is None


def test_windows_end_to_the_day() -> None:
    today = date(2026, 1, 13)
    days = [date(2021, 1, 13), date(2021, 1, 14), date(2026, 1, 12), today]
    frame = pl.DataFrame({"name": "A", "session": days, "x": [9.0, 1.0, 2.0, 3.0]})
    assert last(frame, n_obs_5y("x", ["name"])) == 3  # five years ago to the day is out of (t - 5y, t] ...
    assert last(frame, is_5y_high("x", ["name"], 1)) is True
    expected = (3 - statistics.mean([9, 1, 2])) / statistics.stdev([9, 1, 2])  # ... and inside [t - 5y, t - 1]
    assert last(frame, z_5y("x", ["name"], 3)) == pytest.approx(expected, rel=1e-12)
    leap = pl.DataFrame({"name": "A", "session": [date(2019, 2, 27), date(2019, 3, 1), date(2024, 2, 29)], "x": [1.0, 2.0, 3.0]})
    assert last(leap, n_obs_5y("x", ["name"])) == 2


def test_groups_do_not_mix_and_row_order_does_not_matter() -> None:
    both = pl.concat([series([1.0, 2.0, 3.0]), series([30.0, 20.0, 10.0], name="B")]).sample(fraction=1, shuffle=True, seed=3)
    found = both.with_columns(rank=percentile_5y("x", ["name"], 3)).drop_nulls().sort("name")
    assert found["rank"].to_list() == pytest.approx([2.5 / 3, 0.5 / 3])


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e5])
def test_same_bits_from_any_start_and_equal_to_the_definition(scale: float) -> None:
    values = [scale * (((7919 * i) % 1009) / 1009 - 0.3) for i in range(2400)]
    whole = series(values)
    expressions = {"rank": percentile_5y("x", ["name"], 1200), "z": z_5y("x", ["name"], 504), "high": is_5y_high("x", ["name"], 1200)}
    recent = whole["session"][-200]
    later = whole.filter(pl.col("session") >= recent - timedelta(days=5 * 366 + 1)).with_columns(**expressions)
    assert later.tail(200).equals(whole.with_columns(**expressions).tail(200))
    window = [x for x, day in zip(values, whole["session"], strict=True) if day > date(2021, 1, 13)]
    past = values[-len(window) - 1 : -1]
    assert last(whole, expressions["rank"]) == pytest.approx(
        (sum(x < window[-1] for x in window) + sum(x == window[-1] for x in window) / 2) / len(window), rel=1e-12
    )
    assert last(whole, expressions["z"]) == pytest.approx((window[-1] - statistics.mean(past)) / statistics.stdev(past), rel=1e-6)


def test_the_last_earlier_session_that_was_at_least_as_high_or_as_low() -> None:
    both = pl.concat([series([5.0, 9.0, 7.0, None, 8.0, 8.0, 1.0]), series([10.0, 3.0, 2.0], name="B")])
    days = dict(enumerate(series([0.0] * 7)["session"]))
    later = series([0.0] * 3)["session"]
    high, low = (since.to_list() for since in last_at_least(both, [pl.col("x"), -pl.col("x")], ["name"]))
    assert high == [None, None, days[1], None, days[1], days[4], days[5], None, later[0], later[1]]
    assert low == [None, days[0], days[0], None, days[2], days[4], None, None, None, None]


def test_since_when_equals_the_definition_on_a_long_series() -> None:
    values: list[float | None] = [None if i % 11 == 0 else float((7919 * i) % 257) for i in range(700)]
    frame = series(values)
    days = frame["session"].to_list()
    for sign in (1, -1):
        expected = []
        for i, x in enumerate(values):
            as_far = [day for day, y in zip(days[:i], values[:i], strict=True) if x is not None and y is not None and sign * y >= sign * x]
            expected.append(max(as_far, default=None))
        assert last_at_least(frame, [sign * pl.col("x")], ["name"])[0].to_list() == expected
    assert last_at_least(frame.clear(), [pl.col("x")], ["name"])[0].to_list() == []


def test_the_only_session_that_is_wanted_has_what_it_has_among_all() -> None:
    """Values of nine sizes with gaps, two series of which one ends earlier; the window begins with a value exactly five years before."""
    values: list[float | None] = [None if i % 7 == 0 else float((7919 * i) % 97) / 1000 for i in range(1400)]
    both = pl.concat([series(values), series(values[:900], name="B")])
    for latest in (both["session"].max(), series(values)["session"][1300]):
        assert isinstance(latest, date)
        until = both.filter(pl.col("session") <= latest).with_columns((pl.col("session") == latest).alias("wanted"))
        assert only_session(until, "wanted") == latest
        found = []
        for only in (None, latest):
            few = {"years": 1, "latest": only}
            expressions = {
                "n": n_obs_5y("x", ["name"], **few),
                "rank": percentile_5y("x", ["name"], 20, **few),
                "z": z_5y("x", ["name"], 20, **few),
                "high": is_5y_high("x", ["name"], 20, **few),
            }
            found.append(until.with_columns(**expressions).filter("wanted"))
        assert found[0].equals(found[1])
        assert found[0]["rank"].null_count() < found[0].height or values[1300] is None


def test_more_sessions_than_one_or_later_ones_are_no_only_session() -> None:
    days = series([1.0, 2.0, 3.0])
    for wanted in ([False, True, False], [False, True, True], [False, False, False]):
        assert only_session(days.with_columns(pl.Series("wanted", wanted)), "wanted") is None


def test_few_wanted_rows_look_back_as_all_do() -> None:
    values: list[float | None] = [None if i % 11 == 0 else float((7919 * i) % 257) for i in range(700)]
    both = pl.concat([series(values), series(values[::-1], name="B")])
    few = both.with_columns((pl.int_range(pl.len()) % 97 == 5).alias("few"), pl.lit(True).alias("all"))
    for value in (pl.col("x"), -pl.col("x")):
        every = few.with_columns(last_at_least(few, [value], ["name"], "all")[0].alias("since")).filter("few")
        some = few.with_columns(last_at_least(few, [value], ["name"], "few")[0].alias("since")).filter("few")
        assert every["since"].null_count() < every.height
        assert some["since"].to_list() == every["since"].to_list()
