"""Files with a line in yen and one in pence, as the product runs: neither is worth dollars, and it is said why (A.8)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

DAYS = [date(2024, 1, 2) + timedelta(days=n) for n in range(60) if (date(2024, 1, 2) + timedelta(days=n)).weekday() < 5]
DAYS = [day for day in DAYS if day not in (date(2024, 1, 15), date(2024, 2, 19))]
FIRST = {"USDX": (100.0, "USD"), "JPYX": (5000.0, "JPY"), "PENX": (640.0, "GBp")}
MARKET = """
[[prices]]
files = "prices.csv"
price_basis = "as_traded"
dividends = "none"
kind = "EQUITY"

[[shares]]
files = "shares.csv"
basis_date = "own"

[[listings]]
files = "listings.csv"
"""


@pytest.mark.parametrize("told_by", ["prices", "listings"])
def test_a_line_in_another_currency_is_no_dollar_line(tmp_path: Path, told_by: str) -> None:
    market = tmp_path / "market"
    market.mkdir()
    is_in_prices = told_by == "prices"
    rows = [
        ",".join([symbol, str(day), str(close + n), "1000000", *([currency] if is_in_prices else [])])
        for symbol, (close, currency) in FIRST.items()
        for n, day in enumerate(DAYS)
    ]
    (market / "prices.csv").write_text("\n".join(["symbol,session,close,volume" + ",currency" * is_in_prices, *rows, ""]))
    (market / "shares.csv").write_text("symbol,known_on,shares\n" + "".join(f"{symbol},{DAYS[0]},50000000\n" for symbol in FIRST))
    told = "".join(f"{symbol},EQUITY{'' if is_in_prices else ',' + currency}\n" for symbol, (_, currency) in FIRST.items())
    (market / "listings.csv").write_text("symbol,kind" + ",currency" * (not is_in_prices) + "\n" + told)
    (market / "rotation.toml").write_text(MARKET)
    settings = Settings(home=tmp_path / "home", source="files", config=market / "rotation.toml", through=DAYS[-1])
    assert not pipeline.run(settings, pipeline.Quiet()).failures
    sql = """
        select
            security.symbol, security.currency, max(price.close_usd), count(price.price_return) as n_returns, max(cap.line_cap_usd),
            any_value(price.quarantine_reason), count(distinct kept.session)
        from core.security as security
        join core.daily_price as price on price.security_id = security.security_id
        left join core.market_cap as cap on cap.security_id = price.security_id and cap.session = price.session
        left join ops.quarantine as kept
            on kept.symbol = security.symbol and kept.session = price.session and kept.reason = 'OTHER_CURRENCY'
        group by all order by all
    """
    n, last = len(DAYS), 100.0 + len(DAYS) - 1
    assert list(ask(settings.published / "rotation.duckdb", sql).rows) == [
        ("JPYX", "JPY", None, n - 1, None, "OTHER_CURRENCY", n),
        ("PENX", "GBp", None, n - 1, None, "OTHER_CURRENCY", n),
        ("USDX", "USD", last, n - 1, last * 50e6, None, 0),
    ]
