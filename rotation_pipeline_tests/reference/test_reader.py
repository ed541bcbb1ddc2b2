"""The cited data files: each says where it comes from, fits its contract, and holds together."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.reference.reader import DATA, FILES, read


def test_every_data_file_is_read_and_cited() -> None:
    assert sorted(path.name for path in DATA.iterdir()) == sorted(FILES.values())
    for path in (path for path in DATA.rglob("*") if path.is_file()):
        comments = [line for line in path.read_text().splitlines() if line.startswith("#")]
        for what in ("# source:", "# licence:", "# date:"):
            assert any(line.startswith(what) for line in comments), f"{path.name} has no line {what}"


def test_parameters_are_unique_explained_and_as_specified() -> None:
    params = read("raw.method_param")
    values = dict(params.select("name", "value").iter_rows())
    assert len(values) == params.height
    assert params.null_count().row(0) == (0, 0, 0, 0)
    assert params["name"].str.contains(r"^[a-z_]+\.[a-z_]+$").all()
    assert params["meaning"].str.contains(r"\([0-9A-Z][^()]*\)\.$").all()  # ends with the section
    expected = {
        "coverage.min_n": 0.8,
        "coverage.min_w": 0.9,
        "cohort.min_share": 0.7,
        "breadth.min_names": 50,
        "breadth.high_min_prior": 248,
        "breadth.mcclellan_min_obs": 156,
        "history.min_obs_percentile": 1200,
        "history.min_obs_z": 504,
        "factor.min_names_per_portfolio": 10,
        "factor.bp_big_share": 0.9,
        "ttm.max_age_days": 200,
        "statement.lag_fy_days": 90,
        "delist.return_nasdaq": -0.55,
        "rank.min_cap_usd": 30e6,
        "bias.partial": 0.9,
    }
    assert {name: values[name] for name in expected} == expected


def test_fund_pairs() -> None:
    spreads = read("raw.etf_spread")
    assert spreads["spread_id"].n_unique() == spreads.height
    assert (spreads["long_symbol"] != spreads["short_symbol"]).all()
    assert spreads.filter(spread_id="etf_small_tech").select("long_symbol", "short_symbol").rows() == [("IWM", "QQQ")]
    breaks = spreads.filter(pl.col("break_on").is_not_null())
    assert breaks.select("spread_id", "break_on").rows() == [("etf_size", date(2018, 12, 3))]


def test_every_issuer_has_classes_and_one_primary_line() -> None:
    lines = read("raw.issuer_line")
    assert lines["symbol"].n_unique() == lines.height
    issuers = lines.group_by("issuer_key").agg(pl.len(), pl.col("is_primary").sum())
    assert (issuers["len"] >= 2).all()
    assert (issuers["is_primary"] == 1).all()
    assert lines.filter(issuer_key="alphabet").rows() == [("GOOGL", "alphabet", True), ("GOOG", "alphabet", False)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# source: test\nsymbol,issuer_key\nAAA,a\n", "has the columns symbol, issuer_key"),
        ("symbol,issuer_key,is_primary\nAAA,a,maybe\n", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "issuer_lines.csv").write_text(text)
    with pytest.raises(BadInput, match=f"issuer_lines.csv: {problem}"):
        read("raw.issuer_line", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"issuer_lines\.csv: cannot be read"):
        read("raw.issuer_line", tmp_path)
