"""core.split_regime: factors between splits, and what a late split tells downstream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bar, bars, begin, build

SINCE_EVER = date(1900, 1, 1)


def test_true_splits_move_both_bases_and_odd_ones_the_price(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:60])
    lab.put("raw.price_bar", [bar("A", xnys[59], 10.0), bar("B", xnys[59], 10.0)])
    lab.put(
        "raw.corporate_action",
        [
            action("A", xnys[10], "split", 4.0),
            action("A", xnys[20], "split", 1.046),
            action("A", xnys[30], "split", 0.1),
            action("A", xnys[12], "dividend", 0.1),
        ],
    )
    build(lab, ACTIONS)
    sql = "select security_id, valid_from, valid_to, price_factor, share_factor from core.split_regime order by 1, 2"
    assert lab.rows(sql) == [
        (1, SINCE_EVER, xnys[10], 1.0, 1.0),
        (1, xnys[10], xnys[20], 4.0, 4.0),
        (1, xnys[20], xnys[30], 4.0 * 1.046, 4.0),
        (1, xnys[30], None, 4.0 * 1.046 * 0.1, 4.0 * 0.1),
        (2, SINCE_EVER, None, 1.0, 1.0),
    ]


def test_a_split_matters_from_the_first_bar_that_came_on_its_basis(lab: Lab, xnys: Sequence[date]) -> None:
    """Listed in time it redoes nothing before; late, what was fetched on the new basis; loaded at once, all of history."""
    begin(lab, xnys[:10])
    lab.put("raw.price_bar", bars("DAILY", xnys[:10], [10.0] * 10))
    lab.put("raw.price_bar", bars("ATONCE", xnys[:10], [10.0] * 10, basis_date=xnys[9]))
    lab.put("raw.price_bar", [*bars("REREAD", xnys[:10], [10.0] * 10), bar("REREAD", xnys[4], 5.0, basis_date=xnys[7], load_id="02")])
    lab.put("raw.corporate_action", [action(symbol, xnys[6], "split", 2.0) for symbol in ("DAILY", "ATONCE", "REREAD")])
    build(lab, ACTIONS)
    spells = "core.split_regime as spell join core.last_symbol as line using (security_id) where spell.valid_to is null"
    assert dict(lab.rows(f"select line.symbol, spell.matters_from from {spells}")) == {
        "DAILY": xnys[6], "ATONCE": xnys[0], "REREAD": xnys[4]
    }  # fmt: skip


def test_a_split_matters_from_the_first_distribution_that_was_listed_on_its_basis(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:10])
    lab.put("raw.price_bar", [*bars("BEFORE", xnys[:10], [10.0] * 10), *bars("AFTER", xnys[:10], [10.0] * 10)])
    for symbol, basis in (("BEFORE", xnys[5]), ("AFTER", xnys[7])):
        paid = action(symbol, xnys[3], "dividend", 0.1) | {"basis_date": basis}
        lab.put("raw.corporate_action", [action(symbol, xnys[6], "split", 2.0), paid])
    build(lab, ACTIONS)
    spells = "core.split_regime as spell join core.last_symbol as line using (security_id) where spell.valid_to is null"
    assert dict(lab.rows(f"select line.symbol, spell.matters_from from {spells}")) == {"BEFORE": xnys[6], "AFTER": xnys[3]}


def test_earnings_survive_a_split(lab: Lab, xnys: Sequence[date]) -> None:
    golden = json.loads((Path(__file__).resolve().parents[1] / "golden.json").read_text())["G-A5"]
    begin(lab, xnys[:60])
    lab.put("raw.price_bar", [bar("A", xnys[59], 10.0)])
    lab.put("raw.corporate_action", [action("A", xnys[10], "split", float(golden["inputs"]["split"]))])
    build(lab, ACTIONS)
    before, after = (row[0] for row in lab.rows("select share_factor from core.split_regime order by valid_from"))
    eps = golden["inputs"]["eps_sum_old_basis"] * before / after
    shares = golden["inputs"]["shares_old"] * after / before
    assert (eps, shares, eps * shares) == (golden["outputs"]["eps_new"], golden["outputs"]["shares_new"], golden["outputs"]["earnings_new"])
