"""Which rows an entry means: chosen by a column, and refused where kinds would be mixed."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.sources.files.declaration import digest
from rotation_pipeline.sources.files.mapping import read_mapping
from rotation_pipeline_tests.sources.files.conftest import PRICES, Folder

EVENTS = "day,what,sym,figure\n2024-01-10,split,A,3\n2024-01-12, dividend ,A,0.25\n2024-01-16,listed,B,\n2024-01-17,spinoffdividend,B,1.5\n"
SPLITS = '[[splits]]\nfiles = "events.csv"\ncolumns = { symbol = "sym", ex_date = "day", ratio = "figure" }\n'
DIVIDENDS = '[[dividends]]\nfiles = "events.csv"\ncolumns = { symbol = "sym", ex_date = "day", amount = "figure" }\nbasis_date = "own"\n'


def actions(folder: Folder) -> list[tuple[object, ...]]:
    return folder.rows("raw.corporate_action", "symbol", "ex_date", "kind", "amount")


def test_one_file_of_all_actions_gives_splits_to_splits_and_cash_to_dividends(folder: Folder) -> None:
    folder.write("events.csv", EVENTS)
    folder.add(SPLITS + 'where = { what = "split" }\n' + DIVIDENDS + 'where = { what = ["dividend", "spinoffdividend"] }\n')
    assert actions(folder) == [
        ("A", date(2024, 1, 10), "split", 3.0),
        ("A", date(2024, 1, 12), "dividend", 0.25),
        ("B", date(2024, 1, 17), "dividend", 1.5),
    ]


def test_rows_left_out_are_counted(folder: Folder) -> None:
    folder.write("events.csv", EVENTS)
    folder.add(SPLITS + 'where = { what = "split" }\n')
    rest, _prices = folder.fetch()
    (landed, excused) = rest.ledger
    assert (landed.outcome, landed.n_rows, excused.outcome, excused.n_rows) == ("landed", 1, "excused", 3)
    assert excused.reason == "left out by where: what holds dividend, listed, spinoffdividend, split"
    folder.write("events.csv", EVENTS.replace("split", "merger"))  # none today is no fault of the declaration
    rest, *_ = folder.fetch()
    assert [(entry.outcome, entry.n_rows) for entry in rest.ledger] == [("landed", 0), ("excused", 4)]


@pytest.mark.parametrize("name", ["action", "Action Type", "event_type", "TYPE", "kind"])
@pytest.mark.parametrize("section", [SPLITS, DIVIDENDS])
def test_a_file_of_several_kinds_is_not_read_as_one(folder: Folder, section: str, name: str) -> None:
    folder.write("events.csv", EVENTS.replace("what", name))
    folder.add(section)
    with pytest.raises(BadInput) as refused:
        folder.fetch()
    own = "split" if section == SPLITS else "dividend"
    assert refused.value.culprit.endswith(f"events.csv, column {name}")
    assert refused.value.problem.startswith("tells rows of several kinds (dividend, listed, spinoffdividend, split)")
    assert f'no. 1: where = {{ {name} = "{own}" }}' in refused.value.fix


def test_kinds_are_seen_under_any_name_and_when_the_first_row_is_of_another(folder: Folder) -> None:
    folder.write("events.csv", EVENTS)  # "what" is no word for a kind, but it holds splits and dividends
    folder.add(DIVIDENDS)
    with pytest.raises(BadInput, match=r"column what: tells rows of several kinds"):
        folder.fetch()
    folder.write("events.csv", "day,action,sym,figure\n2024-01-10,split,A,3\n")
    with pytest.raises(BadInput, match=r"column action: tells rows of another kind \(split\)"):
        folder.fetch()


@pytest.mark.parametrize(
    ("section", "words"),
    [(SPLITS, ("forward split", "Reverse Split")), (DIVIDENDS, ("Cash Dividend", "special")), (DIVIDENDS, ("CD", "CD"))],
)
def test_words_of_one_kind_are_no_mixture(folder: Folder, section: str, words: tuple[str, str]) -> None:
    folder.write("events.csv", f"day,type,sym,figure\n2024-01-10,{words[0]},A,3\n2024-01-11,{words[1]},A,2\n")
    folder.add(section)
    assert [row[3] for row in actions(folder)] == [3.0, 2.0]


@pytest.mark.parametrize(("asked", "held"), [("Split", "split"), ("splits", "split"), ("dividends", "dividend")])
def test_a_word_that_the_file_spells_otherwise(folder: Folder, asked: str, held: str) -> None:
    folder.write("events.csv", EVENTS)
    folder.add(SPLITS + f'where = {{ what = "{asked}" }}\n')
    with pytest.raises(BadInput, match=f"holds no '{asked}', which where asks for, but '{held}'"):
        folder.fetch()


def test_a_column_that_is_not_there(folder: Folder) -> None:
    folder.write("events.csv", EVENTS)
    folder.add(SPLITS + 'where = { whut = "split" }\n')
    with pytest.raises(BadInput, match=r"has no column 'whut'") as refused:
        folder.fetch()
    assert refused.value.fix.startswith("did you mean 'what'? it has: day, what, sym, figure. In ")


@pytest.mark.parametrize("said", ['"split"', "{ what = 1.5 }", "{ what = [] }", '{ what = ["", "split"] }', "{ what = true }"])
def test_a_choice_that_is_none(folder: Folder, said: str) -> None:
    folder.add(SPLITS + f"where = {said}\n")
    with pytest.raises(BadConfig, match=r"\[\[splits\]\] no. 1, where"):
        folder.source()


def test_bars_and_statements_are_chosen_too_and_lines_keep_their_numbers(folder: Folder) -> None:
    folder.write("prices.csv", "symbol,session,close,venue\nA,2024-01-02,10,N\nA,2024-01-02,99,T\nA,2024-01-03,11,N\nA,2024-01-04,x,N\n")
    folder.toml(PRICES + 'where = { venue = "N" }\n')
    with pytest.raises(BadInput, match="column close, line 5: 'x' is no number"):
        folder.fetch()
    folder.write("prices.csv", "symbol,session,close,venue\nA,2024-01-02,10,N\nA,2024-01-02,99,T\nA,2024-01-03,11,N\n")
    rows = [
        "sym,dimension,filed,end,profit",
        "A,ARQ,2024-02-01,2023-12-31,7",
        "A,MRQ,2024-02-01,2023-12-31,8",
        "A,ARY,2024-02-01,2023-12-31,30",
    ]
    folder.write("sf.csv", "\n".join(rows) + "\n")
    statements = """
        [[statements]]
        files = "sf.csv"
        columns = { symbol = "sym", known_on = "filed", fiscal_period = "dimension", fiscal_period_end = "end", net_income = "profit" }
        values.fiscal_period = { ARQ = "Q", ARY = "FY" }
        """
    folder.toml(PRICES + 'where = { venue = "N" }\n' + statements)
    with pytest.raises(BadInput, match="'MRQ' is none of the allowed words") as refused:
        folder.fetch()
    assert 'where = { dimension = ["the", "words", "meant"] }' in refused.value.fix
    folder.toml(PRICES + 'where = { venue = "N" }\n' + statements + 'where = { dimension = ["ARQ", "ARY"] }\n')
    assert folder.rows("raw.price_bar", "session", "close") == [(date(2024, 1, 2), 10.0), (date(2024, 1, 3), 11.0)]
    assert folder.rows("raw.statement", "fiscal_period", "net_income") == [("Q", 7.0), ("FY", 30.0)]
    folder.toml(PRICES + 'where = { venue = "X" }\n')
    with pytest.raises(BadInput, match=r"has no row that is meant \(left out by where: venue holds N, T\)"):
        folder.fetch()


def test_statements_of_several_dimensions_are_not_read_as_one(folder: Folder) -> None:
    folder.write("sf.csv", "symbol,dimension,known_on,fiscal_label,net_income\nA,ARQ,2024-02-01,Q4 2023,7\nA,MRQ,2024-02-01,Q4 2023,8\n")
    folder.add('[[statements]]\nfiles = "sf.csv"\n')
    with pytest.raises(BadInput, match=r"column dimension: tells rows of several kinds \(ARQ, MRQ\)"):
        folder.fetch()


def test_parquet_words_may_be_numbers_or_categories(folder: Folder) -> None:
    rows = pl.DataFrame({"symbol": ["A", "B"], "session": [date(2024, 1, 2)] * 2, "close": [1.0, 2.0], "code": [10, 11], "w": ["x", "y"]})
    rows.with_columns(pl.col("w").cast(pl.Categorical)).write_parquet(folder.root / "p.parquet")
    folder.toml(PRICES.replace("prices.csv", "p.parquet") + 'where = { code = [11, 12], w = "y" }\n')
    assert folder.rows("raw.price_bar", "symbol", "close") == [("B", 2.0)]


def test_two_entries_may_share_a_file_when_they_choose_apart(folder: Folder) -> None:
    folder.write("events.csv", EVENTS)
    both = DIVIDENDS + 'where = { what = "dividend" }\n' + DIVIDENDS + 'kind = "capital_gain"\nwhere = { what = "spinoffdividend" }\n'
    folder.add(both)
    assert [(kind, amount) for _, _, kind, amount in actions(folder)] == [("dividend", 0.25), ("capital_gain", 1.5)]
    folder.fetch()
    assert folder.fetch() == []
    folder.add(both.replace('"spinoffdividend"', '["spinoffdividend", "dividend"]'))
    with pytest.raises(BadConfig, match=r"no. 2: declares .*events\.csv again, after .*no. 1"):
        folder.fetch()


def test_an_entry_without_a_choice_keeps_its_digest(folder: Folder) -> None:
    def of(text: str) -> str:
        folder.toml(text)
        return digest(read_mapping(folder.root / "rotation.toml").entries[0])

    assert of(PRICES) == "b4b8dff9175a05bb"  # as before there were choices and zones: nothing is landed anew
    assert len({of(PRICES), of(PRICES + 'where = { a = "b" }'), of(PRICES + 'where = { a = "c" }'), of(PRICES + 'time_zone = "UTC"')}) == 4
