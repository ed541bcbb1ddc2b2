"""Files with a line in yen and one in pence, as the product runs: neither is worth dollars, and it is said why (A.8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.narrow import evening, narrowed

DAYS = [date(2024, 1, 2) + timedelta(days=n) for n in range(60) if (date(2024, 1, 2) + timedelta(days=n)).weekday() < 5]
DAYS = [day for day in DAYS if day not in (date(2024, 1, 15), date(2024, 2, 19))]
FIRST = {"USD": 100.0, "JPY": 5000.0, "GBp": 640.0}  # closes by currency
BY_PRICES, BY_LISTINGS = ({f"{currency.upper()}{end}": currency for currency in FIRST} for end in "PL")  # who tells it of a line
MARKET = """
[[prices]]
files = "with_currency.csv"
price_basis = "as_traded"
dividends = "none"
kind = "EQUITY"

[[prices]]
files = "without.csv"
price_basis = "as_traded"
dividends = "none"
kind = "EQUITY"

[[shares]]
files = "shares.csv"
basis_date = "own"

[[listings]]
files = "listings.csv"
"""


def test_a_line_in_another_currency_is_no_dollar_line(tmp_path: Path, catalog: Catalog) -> None:
    market = tmp_path / "market"
    market.mkdir()
    bars = {
        symbol: [f"{symbol},{day},{FIRST[currency] + n},1000000" for n, day in enumerate(DAYS)]
        for symbol, currency in {**BY_PRICES, **BY_LISTINGS}.items()
    }
    with_currency = [f"{bar},{currency}" for symbol, currency in BY_PRICES.items() for bar in bars[symbol]]
    without = [bar for symbol in BY_LISTINGS for bar in bars[symbol]]
    (market / "with_currency.csv").write_text("\n".join(["symbol,session,close,volume,currency", *with_currency, ""]))
    (market / "without.csv").write_text("\n".join(["symbol,session,close,volume", *without, ""]))
    (market / "shares.csv").write_text("symbol,known_on,shares\n" + "".join(f"{symbol},{DAYS[0]},50000000\n" for symbol in bars))
    told = [f"{symbol},EQUITY," for symbol in BY_PRICES] + [f"{symbol},EQUITY,{currency}" for symbol, currency in BY_LISTINGS.items()]
    (market / "listings.csv").write_text("\n".join(["symbol,kind,currency", *told, ""]))
    (market / "rotation.toml").write_text(MARKET)
    settings = Settings(home=tmp_path / "home", source="files", config=market / "rotation.toml", through=DAYS[-1])
    evening(settings, datetime.now(UTC), narrowed(catalog, "core.daily_price", "core.market_cap", "ops.quarantine"))
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
        *((f"GBP{end}", "GBp", None, n - 1, None, "OTHER_CURRENCY", n) for end in "LP"),
        *((f"JPY{end}", "JPY", None, n - 1, None, "OTHER_CURRENCY", n) for end in "LP"),
        *((f"USD{end}", "USD", last, n - 1, last * 50e6, None, 0) for end in "LP"),
    ]
