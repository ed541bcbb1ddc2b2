"""meta.method_param: the latest load is in force."""

from rotation_pipeline_tests.lab import Lab


def test_latest_load_wins_as_a_whole(lab: Lab) -> None:
    old = {"load_id": "20260101T000000-reference", "unit": "names", "meaning": "m", "source": "reference"}
    new = {**old, "load_id": "20260201T000000-reference"}
    rows = [{**old, "name": "a.x", "value": 1.0}, {**old, "name": "a.gone", "value": 2.0}, {**new, "name": "a.x", "value": 3.0}]
    lab.put("raw.method_param", rows)
    lab.fill("meta.method_param")
    assert lab.rows("select name, value from meta.method_param") == [("a.x", 3.0)]
