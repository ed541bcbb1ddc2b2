"""Runs the pipeline and kills its own process, as hard as the system can, at the n-th call of one of its functions."""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from rotation_pipeline import pipeline
from rotation_pipeline.settings import Settings

PACKAGE = str(Path(pipeline.__file__).parent)
WATCHED = tuple(f"{PACKAGE}/{part}" for part in ("pipeline", "landing", "release", "dictionary", "warehouse/"))


def main(home: str, through: str, kill_at: int) -> None:
    """Run through a session; die at the ``kill_at``-th watched call, or print how many there were."""
    n_calls = 0

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal n_calls
        if event == "call" and frame.f_code.co_filename.startswith(WATCHED):
            n_calls += 1
            if n_calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    settings = Settings(home=Path(home), source="simulated", names=60, years=2, through=date.fromisoformat(through))
    summary = pipeline.run(settings, pipeline.Quiet())
    sys.setprofile(None)
    assert not summary.failures, summary.failures
    print(n_calls)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
