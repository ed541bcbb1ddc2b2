"""A line without axes, small enough to stand in a sentence (Tufte 2006)."""

from __future__ import annotations

from collections.abc import Sequence

from rotation_pipeline.report.scaling import Scale, thin

WIDTH, HEIGHT, MARGIN = 260, 44, 4
MOST_POINTS = 60
MOST_BYTES = 700


def sparkline_svg(values: Sequence[float | None]) -> str:
    """An SVG of at most 700 bytes of ``values`` from the oldest to the latest; the last one is a dot. None is a gap.

    It begins with the first value that there is. More than 60 are thinned evenly, the latest always kept. Without any value
    the picture is empty.
    """
    start = next((n for n, value in enumerate(values) if value is not None), 0)
    shown = thin(values[start:], MOST_POINTS)
    known = [value for value in shown if value is not None]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
    if not known:
        return f"{head}</svg>"
    x = Scale(0, max(len(shown) - 1, 1), MARGIN, WIDTH - MARGIN)
    y = Scale(min(known), max(known), HEIGHT - MARGIN, MARGIN)
    last = max(n for n, value in enumerate(shown) if value is not None)
    dot = f'<circle cx="{x.at(last)}" cy="{y.at(known[-1])}" r="3" fill="#c2410c"/>'
    return f'{head}<path d="{_path(shown, x, y)}" fill="none" stroke="#3b5bdb" stroke-width="1.5"/>{dot}</svg>'


def _path(values: Sequence[float | None], x: Scale, y: Scale) -> str:
    """One stroke a run of values: M to its first point, then L to each of the others, all in whole pixels."""
    parts: list[str] = []
    is_drawing = False
    for n, value in enumerate(values):
        if value is not None:
            parts.append(f"{'' if is_drawing else 'M'}{x.at(n)} {y.at(value)}")
        is_drawing = value is not None
    return " ".join(parts)
