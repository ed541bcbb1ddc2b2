"""A line chart with axes, a zero line and a legend that says where each line ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from rotation_pipeline.report.scaling import Scale, round_steps, thin

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 200, 40, 30  # margins; the legend stands in the right one
MOST_POINTS = 300
COLOURS = ("#3b5bdb", "#c2410c", "#2f9e44", "#9c36b5", "#495057")
STYLE = "text{font:12px sans-serif;fill:#343a40}path{fill:none;stroke-width:1.5}line{stroke:#dee2e6}"


@dataclass(frozen=True)
class Series:
    """One line: a name and its points in date order; a value of None is a gap."""

    name: str
    points: tuple[tuple[date, float | None], ...]


def line_chart_svg(title: str, unit: str, series: Sequence[Series]) -> str:
    """An SVG of up to five lines over one time axis, which begins with the first value; values in ``unit``.

    More than 300 points a line are thinned evenly.
    """
    start = min((day for line in series for day, value in line.points if value is not None), default=date.min)
    shown = [Series(line.name, tuple(thin([p for p in line.points if p[0] >= start], MOST_POINTS))) for line in series]
    known = [(day, value) for line in shown for day, value in line.points if value is not None]
    body = _plot(shown, known) if known else [f'<text x="{LEFT}" y="{HEIGHT // 2}">no values yet</text>']
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    backdrop = f'<style>{STYLE}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "".join([head, backdrop, f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)} ({escape(unit)})</text>', *body, "</svg>"])


def _plot(series: Sequence[Series], known: Sequence[tuple[date, float]]) -> list[str]:
    days = [day for line in series for day, _ in line.points]
    ticks = round_steps(min(value for _, value in known), max(value for _, value in known))
    x = Scale(min(days).toordinal(), max(days).toordinal(), LEFT, WIDTH - RIGHT)
    y = Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    lines = [_line(line, COLOURS[n % len(COLOURS)], x, y) for n, line in enumerate(series)]
    return [*_value_axis(ticks, y), *_time_axis(sorted(set(days)), x), *lines, *_legend(series, max(days))]


def _value_axis(ticks: Sequence[float], y: Scale) -> list[str]:
    found = []
    for tick in ticks:
        at = y.at(tick)
        stroke = ' style="stroke:#868e96"' if tick == 0 else ""
        found.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"{stroke}/>')
        found.append(f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{tick:g}</text>')
    return found


def _time_axis(days: Sequence[date], x: Scale) -> list[str]:
    """The first, the middle and the last day."""
    marks = dict.fromkeys([(days[0], "start"), (days[len(days) // 2], "middle"), (days[-1], "end")])
    return [f'<text x="{x.at(day.toordinal())}" y="{HEIGHT - 8}" text-anchor="{anchor}">{day}</text>' for day, anchor in marks]


def _line(series: Series, colour: str, x: Scale, y: Scale) -> str:
    parts: list[str] = []
    is_drawing = False
    for day, value in series.points:
        if value is not None:
            parts.append(f"{'L' if is_drawing else 'M'}{x.at(day.toordinal())} {y.at(value)}")
        is_drawing = value is not None
    return f'<path d="{"".join(parts)}" stroke="{colour}"/>'


def _legend(series: Sequence[Series], end: date) -> list[str]:
    """Names and last values; where a line ends before the chart does, the day on which it does."""
    found = []
    for n, line in enumerate(series):
        at = TOP + 12 + 34 * n
        day, last = next(((day, value) for day, value in reversed(line.points) if value is not None), (end, None))
        latest = "no value" if last is None else f"latest {last:,.4g}" if day == end else f"{last:,.4g} on {day}"
        found.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{at - 8}" width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>')
        found.append(f'<text x="{WIDTH - RIGHT + 30}" y="{at + 1}">{escape(line.name)}</text>')
        found.append(f'<text x="{WIDTH - RIGHT + 30}" y="{at + 16}">{latest}</text>')
    return found
