"""Each deliberate bug of the methodology (V.3) and of a quant's nightmares must be caught by a named ordinary test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from rotation_pipeline_tests.mutation.breaking import ROOT, Bug
from rotation_pipeline_tests.mutation.bugs import BUGS


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of the tests of every bug, by its sentence."""
    target = tmp_path_factory.mktemp("mutation") / "outcomes.json"
    command = [sys.executable, "-m", "rotation_pipeline_tests.mutation.run", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(target.read_text())
    return found


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.sentence)
def test_the_bug_is_caught(bug: Bug, outcomes: dict[str, dict[str, Any]], record_property: Callable[[str, object], None]) -> None:
    found = outcomes[bug.sentence]
    record_property("mutation", f"{bug.sentence} ({bug.file}): {'caught by ' + found['caught'][0] if found['caught'] else 'SURVIVED'}")
    assert not found["broken"], f"'{bug.sentence}' did not make the product wrong, it stopped it: {found['broken']}"
    assert found["caught"], f"'{bug.sentence}' in {bug.file} survived: none of {bug.caught_by} failed ({found['n_run']} tests were run)"


def test_every_bug_is_another() -> None:
    assert len({bug.sentence for bug in BUGS}) == len({(bug.file, bug.old, bug.new) for bug in BUGS}) == len(BUGS)
    stale = Bug("a text that is not there", "sql/core/session.sql", "no such text", "", ())
    with pytest.raises(ValueError, match="0 times"):
        stale.text()
