"""What is wrong with the real market data, as their README lists it, ends in quarantine or is flagged, and no mart is made of it.

Rules are asserted of the whole market; the README's own examples stand beside them as rows. Nothing in the product knows a symbol.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rotation_pipeline_tests.real.market import frame

# Members of any universe, list or rule.
STAY = "stay.valid_from <= price.session and (stay.valid_to is null or price.session < stay.valid_to)"


def on_session(release: Path, symbol: str, session: date) -> list[tuple[Any, ...]]:
    """Quarantine reason, price return, total return and validity of the bar that a source served under the symbol."""
    return frame(
        release,
        f"""
        select price.quarantine_reason, price.price_return, price.total_return, price.is_valid
        from core.daily_price as price
        join core.line_symbol as line
            on line.security_id = price.security_id and line.valid_from <= price.session and price.session < line.valid_to
        where line.symbol = '{symbol}' and price.session = '{session}'
        """,
    ).rows()


# Prices.


def test_no_large_move_that_nobody_traded_is_a_return(release: Path) -> None:
    """A real move of half or more brings a crowd: the median is 12 times the usual volume. One on less than usual is an artefact."""
    used = frame(
        release,
        """
        with leap as (
            select price.security_id, price.session, price.session_no, price.price_return, price.volume
            from core.daily_price as price
            join core.security as security on security.security_id = price.security_id and security.kind <> 'INDEX'
            where price.is_large_move and price.volume is not null
        )
        select leap.security_id, leap.session, leap.price_return
        from leap
        join core.daily_price as price
            on price.security_id = leap.security_id and price.session_no between leap.session_no - 20 and leap.session_no - 1
        group by leap.security_id, leap.session, leap.price_return, leap.volume
        having count(price.volume) >= 10 and leap.volume <= 0.75 * median(price.volume)
        """,
    )
    assert used.rows() == []


@pytest.mark.parametrize(
    ("symbol", "session"),
    [
        ("IVT", date(2021, 9, 24)),  # rows of before the listing
        ("PECO", date(2021, 7, 12)),
        ("INDV", date(2022, 10, 12)),
        ("TCN", date(2021, 9, 29)),  # all-NULL row
        ("CHRD", date(2020, 11, 20)),  # new shares out of a bankruptcy under the old symbol: +25,733 %
        ("IVT", date(2021, 10, 6)),
        ("INDV", date(2022, 11, 23)),
        ("CSR", date(2024, 3, 6)),  # three bars of another price level, of a member of an index
    ],
)
def test_an_artefact_of_the_readme_is_in_quarantine(release: Path, symbol: str, session: date) -> None:
    ((reason, price_return, total_return, is_valid),) = on_session(release, symbol, session)
    assert reason is not None
    assert (price_return, total_return, is_valid) == (None, None, False)


@pytest.mark.parametrize(
    ("symbol", "session"),
    [("IVT", date(2021, 10, 7)), ("PECO", date(2021, 7, 15)), ("INDV", date(2022, 11, 28))],
)
def test_the_bar_after_an_artefact_does_not_leap_back(release: Path, symbol: str, session: date) -> None:
    """+238 %, +282 % and +572 % from the levels of rows that nobody traded at."""
    ((reason, price_return, _, _),) = on_session(release, symbol, session)
    assert reason is not None or abs(price_return) < 0.5


@pytest.mark.parametrize(("symbol", "session"), [("POL", date(2023, 12, 20)), ("DWAC", date(2021, 10, 21)), ("KAMN", date(2024, 1, 19))])
def test_a_leap_that_was_traded_is_used_and_flagged(release: Path, symbol: str, session: date) -> None:
    """131 million shares of a line that trades 60,000, the day of a deal: however wild, these are prices."""
    sql = f"""
        select price.is_large_move, price.price_return > 0.9, price.quarantine_reason
        from core.daily_price as price
        join core.security as security on security.security_id = price.security_id
        where security.symbol = '{symbol}' and price.session = '{session}'
    """
    assert frame(release, sql).rows() == [(True, True, None)]


def test_every_large_move_that_is_used_is_flagged(release: Path) -> None:
    unflagged, n = frame(
        release,
        """
        select count(*) filter (where not is_large_move), count(*)
        from core.daily_price
        where abs(ln(case when price_return > -1 then 1 + price_return end)) > ln(1.5) and gap_sessions is not null
        """,
    ).row(0)
    assert unflagged == 0
    assert n > 300


def test_a_quarantined_bar_has_no_price_and_is_listed(release: Path) -> None:
    bars = frame(
        release,
        """
        select
            count(*) as n,
            count(*) filter (where price.is_valid or price.close_usd is not null or price.price_return is not null) as n_used,
            count(*) filter (where listed.session is null) as n_unlisted
        from core.daily_price as price
        left join (
            select distinct line.security_id, found.session
            from ops.quarantine as found
            join core.line_symbol as line
                on line.symbol = found.symbol and line.valid_from <= found.session and found.session < line.valid_to
            where found.table_name = 'raw.price_bar'
        ) as listed on listed.security_id = price.security_id and listed.session = price.session
        where price.quarantine_reason is not null
        """,
    ).row(0, named=True)
    assert bars["n"] > 1300
    assert (bars["n_used"], bars["n_unlisted"]) == (0, 0)


def test_no_mart_counts_a_quarantined_bar(release: Path) -> None:
    """On the sessions on which a member's bar is in quarantine, the mart uses exactly the members with a price, and says what it misses."""
    rows = frame(
        release,
        f"""
        with hit as (
            select distinct stay.universe_id, price.session
            from core.daily_price as price
            join core.membership as stay on stay.security_id = price.security_id and {STAY}
            where price.quarantine_reason is not null
        ),
        member as (
            select hit.universe_id, hit.session, count(*) filter (where price.is_valid and not price.is_stale) as n_priced
            from hit
            join core.membership as stay
                on stay.universe_id = hit.universe_id and stay.valid_from <= hit.session
                and (stay.valid_to is null or hit.session < stay.valid_to)
            join core.daily_price as price on price.security_id = stay.security_id and price.session = hit.session
            group by hit.universe_id, hit.session
        )
        select member.universe_id, member.session, member.n_priced, breadth.n_used, breadth.n_missing
        from member
        join mart.breadth as breadth
            on breadth.universe_id = member.universe_id and breadth.session = member.session and breadth.basis = 'price'
        """,
    )
    assert rows.height > 5
    assert rows.filter(pl.col("n_priced") != pl.col("n_used")).rows() == []
    assert rows.filter(pl.col("n_missing") < 1).rows() == []


def test_a_stale_close_is_no_price_and_an_index_has_no_return(release: Path) -> None:
    sql = """
        select
            count(*) filter (where price.is_stale) as n_stale, count(*) filter (where price.is_stale and price.is_valid) as n_stale_used,
            count(*) filter (where security.kind = 'INDEX' and price.total_return is not null) as n_index_returns
        from core.daily_price as price
        join core.security as security on security.security_id = price.security_id
        where price.is_stale or security.kind = 'INDEX'
    """
    n_stale, n_stale_used, n_index_returns = frame(release, sql).row(0)
    assert n_stale > 1000
    assert (n_stale_used, n_index_returns) == (0, 0)


def test_adjusted_closes_alone_are_flagged_and_price_nothing(release: Path) -> None:
    """Spin-off days of a series without closes (LEN, HON, CMCSA, AMCR, SW) cannot be checked: their returns say whose they are."""
    n, n_closes, n_caps = frame(
        release,
        """
        select count(*), count(price.close_usd), count(cap.security_id)
        from core.daily_price as price
        left join core.market_cap as cap on cap.security_id = price.security_id and cap.session = price.session and not cap.is_stale
        where price.is_adjusted_only
        """,
    ).row(0)
    assert n > 200_000
    assert (n_closes, n_caps) == (0, 0)


def test_a_missing_session_is_bridged_by_a_return_over_two(release: Path) -> None:
    """FISV changed its symbol on 2025-11-11 and has no row on the day after."""
    sql = """
        select price.session, price.is_valid, price.gap_sessions
        from core.daily_price as price
        join core.security as security on security.security_id = price.security_id
        where security.symbol = 'FISV' and price.session in ('2025-11-11', '2025-11-12', '2025-11-13')
        order by price.session
    """
    assert [row[1:] for row in frame(release, sql).rows()] == [(True, 1), (False, None), (True, 2)]


def test_a_special_distribution_that_the_price_does_not_show_is_no_return(release: Path) -> None:
    """HR 2022-07-21: the vendor's factor pays 20 % of the price, which did not fall."""
    used = frame(
        release,
        """
        select price.security_id, price.session
        from core.daily_price as price
        where price.gap_sessions = 1 and price.total_return - price.price_return >= 0.1
            and price.price_return > -(price.total_return - price.price_return) / 2
        """,
    )
    assert used.rows() == []


# Symbols that another company had.


def test_a_list_does_not_name_who_took_the_symbol_later(release: Path) -> None:
    """POL was PolyOne's in the S&P 400 until 2021; the bars under POL begin in 2020 and are an online shop's. AAN was another Aaron's."""
    stays = frame(
        release,
        """
        select security.symbol, stay.valid_from
        from core.membership as stay
        join core.late_line as late on late.security_id = stay.security_id
        join core.security as security on security.security_id = stay.security_id
        where stay.universe_id in ('SP500', 'SP400', 'SP600', 'NDX100') and stay.valid_from < late.believed_from
            and stay.valid_from < late.doubt_before
        """,
    )
    assert stays.rows() == []
    gaps = frame(release, "select symbol from core.membership_gap where universe_id = 'SP400' and symbol in ('POL', 'AAN') order by 1")
    assert gaps.rows() == [("AAN",), ("POL",)]


def test_what_another_company_filed_under_the_symbol_is_nobodys_count(release: Path) -> None:
    """COR was CoreSite, CTRA Contura and GEN Genesis when AmerisourceBergen, Cabot and NortonLifeLock had other symbols.

    Only later filings tell it, so that nothing of before they came is taken back.
    """
    found = frame(
        release,
        """
        select told.symbol, count(counted.security_id) as n_counts
        from core.symbol_predecessor as told
        left join core.share_count as counted
            on counted.security_id = told.security_id and counted.known_from >= told.known_from
            and counted.as_of < told.changed_on and counted.shares_fwd is not null
        where told.known_to is null
        group by told.symbol
        """,
    )
    assert {"COR", "CTRA", "GEN"} <= set(found["symbol"])
    assert found["n_counts"].sum() == 0


# Share counts and filings.


def test_no_share_count_reaches_a_cap_a_thousandfold(release: Path) -> None:
    """Among the counts that stand behind a cap none is a hundred times the one before, however the filings leap."""
    leaps = frame(
        release,
        """
        with used as (
            select count.security_id, count.known_from, any_value(count.shares_fwd) as shares_fwd
            from core.share_count as count
            join core.market_cap as cap
                on cap.security_id = count.security_id and cap.session >= count.known_from
                and (count.known_to is null or cap.session < count.known_to)
            group by count.security_id, count.known_from
        )
        select security_id, known_from, shares_fwd, lag(shares_fwd) over (partition by security_id order by known_from) as before
        from used
        qualify shares_fwd / before not between 0.05 and 20
        """,
    )
    reported = frame(
        release, "select count(*) as n from core.share_count where quarantine_reason in ('UNIT', 'TURNOVER', 'RANK', 'CROSS_SECTION')"
    )
    assert reported["n"].item() > 500
    assert leaps.rows() == []


def test_no_cap_leaps_without_its_price(release: Path) -> None:
    """From one session to the next a count may be split or issued: never does a cap move fivefold by it, but where a doubt is cleared.

    COHR's files tell the count of the former Coherent for the company that took its name, until two filings tell the new one's.
    """
    leaps = frame(
        release,
        """
        with step as (
            select
                cap.security_id, session.session, cap.line_cap_usd / lag(cap.line_cap_usd) over line as cap_ratio,
                cap.close_usd / lag(cap.close_usd) over line as price_ratio,
                session.session_no - lag(session.session_no) over line as gap
            from core.market_cap as cap
            join core.session as session on session.session = cap.session
            window line as (partition by cap.security_id order by session.session_no)
        )
        select security_id, session, cap_ratio from step
        where gap <= 10 and abs(ln(cap_ratio)) > ln(5) and abs(ln(price_ratio)) < ln(2)
            and (security_id, session) not in (select (security_id, known_from) from core.share_count where cleared_by is not null)
        """,
    )
    assert leaps.rows() == []


def test_caps_are_of_the_size_of_companies(release: Path) -> None:
    """The README's V, LYB, TWLO, DASH or WDAY would be the largest companies of the world."""
    rows = frame(
        release,
        "select max(issuer_cap_usd) as most, min(issuer_cap_usd) as least from core.market_cap where session < '2024-03-12'",
    )
    assert 2.5e12 < rows["most"].item() < 3.5e12
    assert rows["least"].item() > 1e7
    over = frame(
        release,
        """
        select distinct security.symbol
        from core.market_cap as cap
        join core.security as security on security.security_id = cap.security_id
        where cap.issuer_cap_usd > 6e11
        """,
    )
    assert set(over["symbol"]) <= {"AAPL", "MSFT", "AMZN", "NVDA", "META", "TSLA", "LLY", "AVGO", "GOOG", "GOOGL", "BRK-B"}


def test_the_seven_largest_are_large(release: Path) -> None:
    """LYB and MO, whose counts are wrong by factors of 8 and 30, are not among them."""
    seven = frame(
        release,
        """
        select distinct security.symbol
        from core.membership as stay
        join core.security as security on security.security_id = stay.security_id
        where stay.universe_id = 'TOP7' and stay.valid_from >= '2019-01-01'
        """,
    )
    assert set(seven["symbol"]) <= {"AAPL", "MSFT", "AMZN", "NVDA", "META", "TSLA", "LLY", "AVGO", "GOOG", "GOOGL", "BRK-B"}


def test_the_market_by_cap_moves_with_the_published_one(release: Path, shared_data: Path) -> None:
    """The README measures 0.991, and 0.924 with the bad share counts left in."""
    ours = frame(
        release,
        """
        with weight as (
            select security_id, line_cap_usd, lead(session) over (partition by security_id order by session) as session from core.market_cap
        )
        select weight.session, sum(weight.line_cap_usd * price.total_return) / sum(weight.line_cap_usd) as ours
        from weight
        join core.daily_price as price on price.security_id = weight.security_id and price.session = weight.session
        where weight.session >= '2020-03-01' and price.total_return is not null
        group by weight.session
        """,
    )
    theirs = pl.read_csv(shared_data / "ken_french_daily" / "ff3_daily.csv", try_parse_dates=True)
    both = ours.join(theirs.select(session="date", theirs=pl.col("Mkt-RF") + pl.col("RF")), on="session")
    assert both.height > 1000
    assert float(np.corrcoef(both["ours"], both["theirs"])[0, 1]) > 0.995


def test_no_trailing_revenue_is_below_zero(release: Path) -> None:
    """25 filings tell a negative revenue, and years less their quarters make more of them (banks)."""
    landed = frame(release, "select count(*) as n from raw.statement where revenue < 0")
    used = frame(
        release,
        "select count(*) filter (where revenue_usd < 0) as below, count(revenue_usd) as n from core.trailing_fundamental",
    )
    assert landed["n"].item() == 25
    assert used["below"].item() == 0
    assert used["n"].item() > 20_000
