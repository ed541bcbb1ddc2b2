"""The order of a parallel run names files that are there."""

from __future__ import annotations

from rotation_pipeline_tests import turns


def test_what_is_named_is_there() -> None:
    assert [name for name in (*turns.LONG, *turns.TOGETHER, *turns.EVENINGS) if not (turns.HERE / name).exists()] == []
    assert [name for name in turns.LONG if turns.unit_of(f"{name}/test_a.py::test" if (turns.HERE / name).is_dir() else name) != name] == []


def test_long_files_begin_and_folders_that_share_a_home_are_one_unit() -> None:
    collected = [
        "test_held.py::a",
        "assets/test_daily.py::b",
        "assets/test_browser.py::c",
        "test_kill.py::d[x::y]",
        "real/test_files.py::e",
    ]
    nodeids = [f"rotation_pipeline_tests/{name}" for name in collected]
    assert [turns.unit_of(nodeid) for nodeid in nodeids] == ["test_held.py", "assets", "assets", "test_kill.py", "real"]
    assert turns.in_turn(nodeids) == [4, 1, 2, 3, 0]


def test_whole_evenings_have_their_mark() -> None:
    files = ("test_kill.py", "properties/test_a.py", "assets/test_a.py", "test_held.py")
    marked = [name for name in files if turns.is_of_evenings(f"rotation_pipeline_tests/{name}::test")]
    assert marked == ["test_kill.py", "properties/test_a.py"]
