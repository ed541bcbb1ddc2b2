"""Pictures as text that a metadata page shows."""

from __future__ import annotations

import base64


def markdown_image(svg: str, alt: str) -> str:
    """A Markdown image that carries the SVG in itself; it needs no file and no network. ``alt`` is what it shows."""
    return f"![{alt}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
