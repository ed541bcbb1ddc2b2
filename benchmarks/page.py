"""docs/performance.md: a section a benchmark, each written without touching the others."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def write_section(heading: str, body: str) -> None:
    """Put ``body`` under ``heading``, in the place of what stood there, else at the end."""
    page = PAGE.read_text() if PAGE.exists() else "# Performance\n"
    parts = re.split(r"(?m)^(?=## )", page)
    section = f"## {heading}\n\n{body.strip()}\n"
    found = [n for n, part in enumerate(parts) if part.splitlines()[0] == f"## {heading}"]
    if found:
        parts[found[0]] = section
    else:
        parts.append(section)
    PAGE.write_text("\n".join(part.strip() + "\n" for part in parts))
