"""The command, as a person types it."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from rotation_pipeline import cli
from rotation_pipeline.console import answer_table
from rotation_pipeline.errors import BadConfig, BadInput, RotationError, UnknownRelease
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.simulated.planted.truth import Truth
from rotation_pipeline.warehouse import Answer

QUERY = "select session, n_used from mart.breadth where universe_id = 'SP500' and basis = 'price' order by session desc limit 2"


def rotation(*arguments: str, home: Path) -> str:
    result = CliRunner().invoke(cli.app, [*arguments, "--home", str(home)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_status_tells_the_market_the_sessions_and_what_is_missing(demo_home: Settings) -> None:
    said = rotation("status", home=demo_home.home)
    assert "SIMULATED MARKET" in said
    assert "COMPLETE every universe and kind is priced on 2026-06-30; nothing failed, nothing waits" in said
    assert "last fetch" in said
    assert not {"tried next", "broken checks", "holes"} & set(said.splitlines())


def test_a_narrow_terminal_cuts_no_value() -> None:
    screen = Console(record=True, width=40, file=io.StringIO())
    screen.print(answer_table(Answer(("session", "market_cap_usd", "name"), (("2026-06-30", 5.91668e10, "ZQ0075 (simulated)"),), False)))
    assert "…" not in screen.export_text()


def test_status_of_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["status", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "rotation run" in result.output


def test_an_answer_as_table_csv_json_and_parquet(demo_home: Settings, tmp_path: Path) -> None:
    assert "2026-06-30" in rotation("query", QUERY, home=demo_home.home)
    for form in ("csv", "json", "parquet"):
        rotation("query", QUERY, "--format", form, "--output", str(tmp_path / f"answer.{form}"), home=demo_home.home)
    csv = pl.read_csv(tmp_path / "answer.csv", try_parse_dates=True)
    parquet = pl.read_parquet(tmp_path / "answer.parquet")
    assert csv.to_dicts() == parquet.to_dicts()
    assert [row["session"] for row in json.loads((tmp_path / "answer.json").read_text())] == ["2026-06-30", "2026-06-29"]


def test_a_question_by_name(demo_home: Settings) -> None:
    assert "SP500" in rotation("query", "percent_above_200_day", home=demo_home.home)


def test_an_answer_that_is_too_long_says_so(demo_home: Settings) -> None:
    assert "more than 3 rows" in rotation("query", "select session from core.session", "--rows", "3", home=demo_home.home)


def test_the_release_list_marks_what_analysts_see(demo_home: Settings) -> None:
    (line,) = [line for line in rotation("release", "list", home=demo_home.home).splitlines() if "simulated" in line]
    assert line.split()[0] == "now"
    assert line.split()[-2:] == ["2026-06-30", "COMPLETE"]


def test_the_plan_of_a_market_that_has_everything_is_empty(demo_home: Settings) -> None:
    assert "0 requests, a minute or less; nothing waits for a later run" in rotation("fetch", "--dry-run", home=demo_home.home)


def test_a_fetch_lands_and_builds_nothing(tmp_path: Path) -> None:
    market = Path(__file__).parent.parent / "docs" / "example_market" / "rotation.toml"
    said = rotation("fetch", "--source", "files", "--config", str(market), home=tmp_path)
    assert "rows in 2 loads; 11 landed" in said
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["landing"]


@pytest.fixture(scope="module")
def planted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small planted market, published by the command."""
    home = tmp_path_factory.mktemp("planted_home")
    assert "a planted market of 100 names over 2 years" in rotation("run", "--planted", "--names", "100", "--years", "2", home=home)
    return home


def test_a_planted_market_is_published_with_its_truth_beside_it(planted_home: Path) -> None:
    assert "SIMULATED MARKET" in rotation("status", home=planted_home)
    truth = planted_home / "truth"
    assert {field.name for field in fields(Truth)} == {path.stem for path in truth.glob("*.parquet")}
    wrong = (
        "select count(*) as n, count(*) filter (where abs(price.total_return - truth.total_return) > 1e-9) as wrong"
        " from core.daily_price as price join core.security as line using (security_id)"
        f" join '{truth}/true_identity.parquet' as name on name.symbol = line.symbol and name.valid_to is null"
        f" join '{truth}/true_price.parquet' as truth on truth.security = name.security and truth.session = price.session"
        " where price.gap_sessions = 1"
    )
    answer = planted_home / "answer.json"
    rotation("query", wrong, "--format", "json", "--output", str(answer), home=planted_home)
    (row,) = json.loads(answer.read_text())
    assert row["n"] > 40_000
    assert row["wrong"] == 0


def test_a_planted_home_keeps_its_kind(planted_home: Path) -> None:
    held = sorted(path.name for path in (planted_home / "landing").iterdir())
    shutil.rmtree(planted_home / "truth")
    rotation("fetch", home=planted_home)  # the same market without its options: nothing new, and the truth comes back
    assert sorted(path.name for path in (planted_home / "landing").iterdir()) == held
    assert (planted_home / "truth" / "true_factor.parquet").is_file()
    for other in (["--noise-free"], ["--seed", "8"], ["--years", "3"]):
        with pytest.raises(BadConfig, match="another simulated market lives in this home"):
            rotation("run", *other, home=planted_home)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--planted", "--names", "90"], "cannot hold everything"),
        (["--planted", "--years", "1"], "no momentum"),
        (["--noise-free"], "only a planted market"),
    ],
)
def test_a_market_that_cannot_be_planted_is_refused(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    with pytest.raises(BadConfig, match=complaint):
        rotation("run", *arguments, home=tmp_path)
    assert not (tmp_path / "truth").exists()


def test_the_quarantine_of_a_clean_market_is_empty(demo_home: Settings) -> None:
    assert "nothing waits for a decision" in rotation("quarantine", "list", home=demo_home.home)
    assert "nothing is quarantined" in rotation("quarantine", "list", "--all", home=demo_home.home)


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        (["query", "select nothing from nowhere"], BadInput, "table_doc"),
        (["query", "select 1", "--format", "xml"], BadConfig, "csv"),
        (["query", "select 1", "--format", "parquet"], BadConfig, "--output"),
        (["query", "create table t (a int)"], BadInput, "read-only"),
        (["release", "rollback", "2020"], UnknownRelease, "release list"),
        (["quarantine", "release", "AAPL", "2026-06-30", "SUSPECT_SPLIT", "--note", "seen"], BadInput, "quarantine list"),
        (["quarantine", "keep", "AAPL", "2026-06-30", "SUSPECT_SPLIT", "--note", "seen"], BadInput, "no quarantined row"),
        (["run", "--names", "3"], BadConfig, "ROTATION_NAMES"),
        (["run", "--source", "bloomberg"], BadConfig, "ROTATION_SOURCE"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_way_out(
    demo_home: Settings, arguments: list[str], error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        rotation(*arguments, home=demo_home.home)


def test_an_error_is_one_message_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["rotation", "query", "select 1", "--home", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert "way out: run `rotation run` first" in capsys.readouterr().err


def _classes(kind: type[RotationError]) -> list[type[RotationError]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *_classes(sub))]


@pytest.mark.parametrize("kind", _classes(RotationError))
def test_an_error_shows_entry_and_value_as_they_stand(
    kind: type[RotationError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ("rotation.toml, [[prices]] no. 1", "'[/b]' is no number, [red] neither, :smile: neither", "write [[prices]] \\[so]")

    def fails() -> None:
        raise kind(*said)

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit):
        cli.main()
    shown = capsys.readouterr().err
    assert [part for part in said if part not in shown] == []
