"""Pictures: small enough to stand in place, right where a number is missing, honest about the scale."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest

from rotation_pipeline.report import Series, line_chart_svg, markdown_image, sparkline_svg
from rotation_pipeline.report.scaling import Scale, round_steps, thin

WAVE = [math.sin(n / 40) * 1e6 for n in range(5_000)]


def days(*values: float | None) -> tuple[tuple[date, float | None], ...]:
    return tuple((date(2026, 1, 1) + timedelta(n), value) for n, value in enumerate(values))


@pytest.mark.parametrize("values", [WAVE, [None if n % 2 else value for n, value in enumerate(WAVE[:60])], [1.0], [2.0, 2.0], [], [None]])
def test_a_sparkline_fits_into_a_metadata_cell(values: list[float | None]) -> None:
    svg = sparkline_svg(values)
    ET.fromstring(svg)
    assert len(svg.encode()) <= 700
    assert len(markdown_image(svg, "small chart")) < 1_000


def test_a_sparkline_goes_from_the_first_value_to_the_last_with_gaps_between() -> None:
    path = re.search(r'd="([^"]*)"', sparkline_svg([None, 0.0, 1.0, None, 0.5, 1.0]))
    assert path is not None
    assert path[1] == "M4 40 67 4 M193 22 256 4"


def test_no_value_is_an_empty_picture() -> None:
    assert "path" not in sparkline_svg([None, None])
    assert "no values yet" in line_chart_svg("Gap", "ratio", [Series("a", days(None, None))])
    assert "no values yet" in line_chart_svg("Gap", "ratio", [])


def test_a_line_chart_names_title_unit_lines_and_latest_values() -> None:
    svg = line_chart_svg("Small & large", "%", [Series("IWM - QQQ", days(None, -4.0, 1.0, 2.0)), Series("empty", days(None))])
    text = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert text[0] == "Small & large (%)"
    assert {"IWM - QQQ", "latest 2", "empty", "no value", "0", "-4", "2026-01-02", "2026-01-04"} <= set(text)
    assert "2026-01-01" not in text  # nothing is known of it


def test_a_line_that_ends_before_the_chart_says_when() -> None:
    svg = line_chart_svg("Breadth", "%", [Series("ended", days(1.0, 2.0, None)), Series("goes on", days(1.0, 2.0, 3.0))])
    text = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"2 on 2026-01-02", "latest 3"} <= set(text)


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [(0.57, 0.8, [0.5, 0.6, 0.7, 0.8]), (-3.0, 12.0, [-5.0, 0.0, 5.0, 10.0, 15.0]), (7.0, 7.0, [7.0])],
)
def test_axis_steps_are_round_and_cover_the_values(low: float, high: float, steps: list[float]) -> None:
    assert round_steps(low, high) == steps


def test_thinning_keeps_both_ends() -> None:
    assert thin(range(1_000), 3) == [0, 500, 999]
    assert thin([1, 2], 3) == [1, 2]


def test_one_level_lies_in_the_middle() -> None:
    assert Scale(5, 5, 0, 10).at(5) == 5
