"""What every file of the project promises: imports one way, SQL in one style, a test a table, documents that say what is so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import sqlglot
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from sqlglot import exp
from sqlglot.tokens import TokenType

from rotation_pipeline import dictionary
from rotation_pipeline.models import Catalog, Fill, load_questions
from rotation_pipeline.reference.reader import read
from rotation_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SQL_FILES = sorted((ROOT / "sql").rglob("*.sql"))
FILLED = [name for name, model in Catalog.load().models.items() if model.fill is not Fill.KERNEL]
HEAVY = ("dagster", "duckdb", "exchange_calendars", "numpy", "pandas", "polars", "pyarrow", "yfinance")
SPELLED_AS_THEY_LIKE = (TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER)
# Absolute paths of somebody's machine: a stranger has others.
FOREIGN = re.compile(r"(?<![\w.\-:/])/(?:home|Users|mnt|srv|data)/\w|[A-Z]:\\\\Users")


# Tables of core and mart whose rows are symbols, because they say what a symbol means or which raw row is meant.
KEYED_BY_SYMBOL = {
    "core.served_symbol",  # of what bars were served at all
    "core.symbol_rename",  # renames as sources tell them
    "core.symbol_reuse",  # dates on which a symbol may have passed to another company
    "core.symbol_piece",  # the cuts that both make
    "core.symbol_interval",  # who had a symbol
    "core.line_symbol",  # whose rows are given under a symbol
    "core.line_listing",  # listings as sources tell them, with the line that each speaks of
    "core.symbol_predecessor",  # a symbol under which another company had filed, with the line that took it
    "core.unusable_bar",  # the raw bar that cannot be used, beside its security
    "core.quarantine_release",  # the raw row that a person released, beside its security
    "core.membership_gap",  # a list's symbol of which nothing is held
}
# Tables that read raw rows by symbol without core.line_symbol: what it is made of, and the calendar, which only counts days.
BEFORE_IDENTITY = {
    "core.session",
    "core.served_symbol",
    "core.symbol_rename",
    "core.symbol_reuse",
    "core.symbol_piece",
    "core.line_symbol",
}


def in_repo(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_run_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert not broken, capsys.readouterr().out


def test_the_command_starts_light() -> None:
    script = f"import sys, rotation_pipeline.cli; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_sql_is_lower_case() -> None:
    loud = []
    for path in SQL_FILES:
        text = path.read_text()
        words = (token for token in sqlglot.tokenize(text, dialect="duckdb") if token.token_type not in SPELLED_AS_THEY_LIKE)
        as_written = ((token.line, text[token.start : token.end + 1]) for token in words)
        loud += [f"{in_repo(path)}:{line}: {word}" for line, word in as_written if word != word.lower()]
    assert loud == []


def test_a_final_select_names_its_columns() -> None:
    paths = [path for path in SQL_FILES if "checks" not in path.parts]
    assert [in_repo(path) for path in paths if any(branch.is_star for branch in final_selects(path))] == []


def final_selects(path: Path) -> list[exp.Select]:
    """The select, or the branches of the union, whose columns are what the file says."""
    statement = sqlglot.parse(path.read_text(), dialect="duckdb")[-1]
    query = statement.expression if isinstance(statement, exp.Insert) else statement
    if isinstance(query, exp.SetOperation):
        return [select for select in query.find_all(exp.Select) if select.find_ancestor(exp.CTE, exp.Subquery) is None]
    return [query] if isinstance(query, exp.Select) else []


def test_every_computed_table_is_filled_in_a_test() -> None:
    lines = [line for path in (ROOT / "rotation_pipeline_tests" / "sql").glob("*.py") for line in path.read_text().splitlines()]
    fills = "\n".join(line for line in lines if ".put" not in line)
    assert [name for name in FILLED if f'"{name}"' not in fills] == []


def test_every_table_of_the_market_has_a_check(catalog: Catalog) -> None:
    assert [name for name in FILLED if name.startswith(("core.", "mart.")) and not catalog.models[name].checks] == []


def test_what_is_counted_in_shares_says_in_which(catalog: Catalog) -> None:
    """A per-share number or share count without the date of its share basis is not data (methodology 0.2)."""
    landed = [model for name, model in catalog.models.items() if name.startswith("raw.")]
    in_shares = [m for m in landed if any(re.search(r"\bper share\b|\bshares\b(?! class)", column.comment) for column in m.columns)]
    assert {model.name for model in in_shares} >= {"raw.price_bar", "raw.share_count", "raw.estimate", "raw.earnings_event", "raw.quote"}
    assert [model.name for model in in_shares if all(column.name != "basis_date" for column in model.columns)] == []


def test_nothing_downstream_keys_on_a_symbol(catalog: Catalog) -> None:
    market = {name: model for name, model in catalog.models.items() if name.startswith(("core.", "mart."))}
    assert {name for name, model in market.items() if any("symbol" in column for column in model.key)} == KEYED_BY_SYMBOL


def test_every_row_of_a_mart_says_how_far_it_can_be_trusted(catalog: Catalog) -> None:
    marts = {name: {column.name for column in model.columns} for name, model in catalog.models.items() if name.startswith("mart.")}
    assert marts
    assert [name for name, columns in marts.items() if not {"bias_label", "pit_grade"} <= columns] == []


def test_labels_are_ranked_in_one_place_only() -> None:
    """Labels do not sort by how bad they are; core.bias_label says how."""
    by_alphabet = re.compile(r"\b(?:min|max|least|greatest)\([^()]*_label\b|order by[^,;)]*_label\b", re.IGNORECASE)
    assert [in_repo(path) for path in SQL_FILES if by_alphabet.search(path.read_text())] == []


def test_what_is_redone_by_session_reads_no_labels_of_today(catalog: Catalog) -> None:
    """core.security changes with every label, back to a line's first session; core.line and core.line_label do not."""
    readers = {name for name, model in catalog.models.items() if model.is_windowed and "core.security" in model.reads}
    assert readers == {"mart.earnings_calendar"}  # shows names


def test_raw_rows_reach_a_security_through_one_table(catalog: Catalog) -> None:
    spelt = {name for name, model in catalog.models.items() if name.startswith("raw.") and any("symbol" in key for key in model.key)}
    assert {"raw.price_bar", "raw.statement", "raw.membership"} <= spelt
    reading = {name for name, model in catalog.models.items() if name.startswith(("core.", "mart.")) and model.reads & spelt}
    assert {name for name in reading if "core.line_symbol" not in catalog.models[name].reads} == BEFORE_IDENTITY


def test_the_table_dictionary_is_up_to_date(catalog: Catalog) -> None:
    written = (ROOT / "docs" / "tables.md").read_text()
    assert written == dictionary.as_markdown(catalog), "run: python -m rotation_pipeline.dictionary"


def test_the_readme_names_every_mart_and_question(catalog: Catalog) -> None:
    readme = (ROOT / "README.md").read_text()
    marts = [name for name in catalog.models if name.startswith("mart.")]
    wanted = [*(f"`{name}`" for name in marts), *(f"`{question.name}`" for question in load_questions())]
    assert [name for name in wanted if name not in readme] == []


def test_the_operations_guide_names_every_setting() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in Settings.model_fields if f"`ROTATION_{name.upper()}`" not in guide] == []


def test_links_between_documents_lead_somewhere() -> None:
    dead = []
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))):
        targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text())
        dead += [f"{in_repo(path)}: {target}" for target in targets if not (path.parent / target).exists()]
    assert dead == []


def test_every_dependency_has_a_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {
        Requirement(line).name.lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines() if line[:1] != "#"
    }
    wanted = [Requirement(text).name for text in [*project["dependencies"], *project["optional-dependencies"]["test"]]]
    assert [name for name in wanted if name not in {*pins, "rotation-pipeline"}] == []


def test_no_tracked_file_names_somebodys_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".parquet", ".png"} or not path.is_file():
            continue
        lines = path.read_text(errors="replace").splitlines()
        found += [f"{name}:{n}: {line.strip()[:100]}" for n, line in enumerate(lines, start=1) if FOREIGN.search(line)]
    assert found == []


def test_every_parameter_is_read_by_a_table() -> None:
    """A parameter that nothing reads would be published as in force, and changing it would change nothing."""
    sql = "\n".join(path.read_text() for path in SQL_FILES)
    names = read("raw.method_param")["name"]
    # The fetch itself obeys this one; a test of the calendar holds the two together.
    assert [name for name in names if f"'{name}'" not in sql] == ["calendar.final_delay_hours"]
