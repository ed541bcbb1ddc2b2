"""What the tables say of everything up to a session, as digests of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse import Warehouse

# Columns that are of today by contract, each with the comment that says so: they are left out.
OF_TODAY: Mapping[str, Mapping[str, str]] = {
    "core.earnings_event": {"eps_actual_fwd": "as last seen"},
    "core.last_symbol": dict.fromkeys(("security_id", "symbol", "matters_from", "valid_from"), "latest symbol"),
    "core.line_listing": {"is_last": "the latest of the security"},
    "core.security": {
        "symbol": "latest symbol",
        "name": "latest",
        "exchange": "of today (grade D)",
        "sector": "of today (grade D)",
        "industry": "of today (grade D)",
    },
    "mart.earnings_calendar": {"symbol": "latest symbol", "name": "latest"},
    "mart.factor_holding": {"symbol": "latest symbol"},
}

# Rows that are of today by contract: breakpoints of the names of an exchange, which are today's exchanges (grade D).
_NO_EXCHANGE = "variant <> 'nyse'"
WITHOUT: Mapping[str, str] = dict.fromkeys(
    ("core.sort_breakpoint", "mart.factor_holding", "mart.factor_portfolio", "mart.factor_return"), _NO_EXCHANGE
)

# Columns that tell how a spell ends, or what comes of it, as they stand until then.
_LIVES = "case when delist_session < $through then {column} end as {column}"
STILL_OPEN: Mapping[str, tuple[str, ...]] = {
    "core.security": (
        *(_LIVES.format(column=column) for column in ("delist_session", "delist_reason", "delist_return")),
        "is_delist_return_assumed and delist_session < $through as is_delist_return_assumed",
    ),
    "core.earnings_observation": tuple(
        f"case when {name} <= $through then {name} end as {name}" for name in ("disowned_from", "owned_from")
    ),
    # A symbol that was left is nobody's until somebody is served under it.
    "core.symbol_piece": (
        "case when coalesce(served_from, $through) <= $through then number end as number",
        "has_price and coalesce(first_session, $through) <= $through as has_price",
        *(f"case when {column} <= $through then {column} end as {column}" for column in ("served_from", "first_session")),
    ),
}

# Spells may begin, since ever or since a symbol was free, before the line that they are of is met: those of lines and symbols met by then.
_LINES = "security_id in (select security_id from core.security where first_session <= $through)"
_SYMBOLS = """symbol in (
    select symbol from raw.price_bar where session <= $through
    union select symbol from raw.listing where fetched_at <= $through + interval 1 day
)"""
# Where nobody held a symbol it means its latest holder: only the spells of a holder are of then.
_HELD = "(symbol, valid_from) in (select (symbol, valid_from) from core.symbol_interval)"
MET: Mapping[str, str] = {
    "core.split_regime": _LINES,
    "core.line_currency": _LINES,
    "core.line_kind": _LINES,
    "core.last_symbol": "false",
    "core.symbol_piece": _SYMBOLS,
    "core.symbol_interval": f"{_LINES} and {_SYMBOLS}",
    "core.line_symbol": f"{_LINES} and {_SYMBOLS} and {_HELD}",
}

# Tables without a clock of the kernel: a date of their own, or none, where a table is of rules and not of data.
SINCE_EVER = "date '1900-01-01'"
DATED: Mapping[str, str] = {
    "core.line_listing": "told_on",
    "core.cohort_part": SINCE_EVER,
    "core.bias_label": SINCE_EVER,
    "core.factor": SINCE_EVER,
    "core.null_reason": SINCE_EVER,
    "core.line_currency": SINCE_EVER,
    "core.line_kind": SINCE_EVER,
}

View = Mapping[str, object]


def view_of(warehouse: Warehouse, tables: frozenset[str], through: date) -> View:
    """The number of rows with a clock up to ``through`` by table, and by ``table.column`` an order-free digest of values with their keys.

    A spell that ends later is open, as it was then. Rows without a clock value are of the future.
    """
    found: dict[str, object] = {}
    for name in sorted(tables):
        model = warehouse.catalog.models[name]
        columns = [column.name for column in model.columns if column.name not in OF_TODAY.get(name, {})]
        digests = ", ".join(f'sum(hash(row_key, "{column}")::hugeint)' for column in columns)
        counted, *values = warehouse.rows(f"select count(*), {digests} from ({_known_by(model)})", {"through": through})[0]
        found[name] = counted
        found |= {f"{name}.{column}": digest for column, digest in zip(columns, values, strict=True)}
    return found


def differences(one: View, other: View) -> list[str]:
    """The tables whose number of rows differs and the columns whose values do."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _known_by(model: Model) -> str:
    clock = model.clock or DATED.get(model.name)
    assert clock is not None, f"{model.name} has no column that says from when on a row matters (models/model.py CLOCKS)"
    key = ", ".join(f'"{column}"' for column in model.key)
    end = model.clock_end
    replaced = [*STILL_OPEN.get(model.name, ()), *([f"case when {end} <= $through then {end} end as {end}"] if end else [])]
    cut = f"replace ({', '.join(replaced)})" if replaced else ""
    kept = " and ".join((f"{clock} <= $through", MET.get(model.name, "true"), WITHOUT.get(model.name, "true")))
    return f"select hash({key}) as row_key, * {cut} from {model.name} where {kept}"
