"""Nobody is forgotten on the real data, whose prices stop in March 2024 for all but the S&P 500 (methodology 0.4, C.4)."""

from __future__ import annotations

from pathlib import Path

from rotation_pipeline.warehouse import ask

LISTS = "('SP500', 'SP400', 'SP600', 'NDX100', 'DOW30')"


def test_what_is_expected_of_a_list_is_the_list_on_every_session(release: Path) -> None:
    off = f"""
        with latest as (
            select universe_id, symbol, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, source <> 'reference' as is_market
            from raw.membership
            qualify load_id = max(load_id) over (partition by universe_id, source)
        ),
        told as (
            select universe_id, symbol, valid_from, valid_to
            from latest
            qualify is_market or not bool_or(is_market) over (partition by universe_id)
        ),
        listed as (
            select told.universe_id, session.session, count(distinct told.symbol) as n
            from core.session as session
            join told on told.valid_from <= session.session and session.session < told.valid_to
            group by told.universe_id, session.session
        )
        select count.universe_id, count.session, count.n_expected, listed.n
        from core.member_count as count
        left join listed on listed.universe_id = count.universe_id and listed.session = count.session
        where count.universe_id in {LISTS} and count.n_expected <> coalesce(listed.n, 0)
    """
    assert ask(release, off).rows == ()
    last = f"""
        select universe_id, n_expected
        from mart.breadth
        where basis = 'price' and session = date '2026-01-30' and universe_id in {LISTS}
        order by universe_id
    """
    assert ask(release, last).rows == (("DOW30", 30), ("NDX100", 101), ("SP400", 402), ("SP500", 503), ("SP600", 604))


def test_every_universe_has_its_row_on_every_session_and_a_reason_where_nobody_is_in(release: Path) -> None:
    rows = "select count(distinct n), min(n) from (select universe_id, basis, count(*) as n from mart.breadth group by all)"
    n_sessions = """
        select count(*)
        from core.session
        where session >= (
            select min(price.session)
            from core.daily_price as price
            join core.line as line on line.security_id = price.security_id
            where line.kind = 'EQUITY' and price.is_valid
        )
    """
    assert ask(release, rows).rows == ((1, ask(release, n_sessions).rows[0][0]),)
    reasons = """
        select universe_id, string_agg(distinct null_reason['pct_above_50'], ' ' order by null_reason['pct_above_50'])
        from mart.breadth
        where universe_id in ('CYC_VALUE', 'RANK2000') and basis = 'price'
        group by universe_id
        order by universe_id
    """
    told = dict(ask(release, reasons).rows)
    assert told.keys() == {"CYC_VALUE", "RANK2000"}
    assert all(told.values())


def test_what_runs_over_sessions_ends_with_its_data(release: Path) -> None:
    carried = """
        select universe_id, basis, session
        from mart.breadth
        where (summation_index is not null or ad_line is not null) and not is_ad_carried and rana is null
    """
    assert ask(release, carried).rows == ()
    after = """
        select universe_id, count(*), count_if(null_reason['summation_index'] = 'STALE_INPUT' and null_reason['ad_line'] = 'STALE_INPUT')
        from mart.breadth
        where basis = 'total' and universe_id in ('SP400', 'SP600') and session > date '2024-03-25'
        group by universe_id
        order by universe_id
    """
    for _, n_rows, n_stale in ask(release, after).rows:
        assert n_rows == n_stale > 400


def test_a_label_is_no_better_than_the_priced_share(release: Path) -> None:
    better = """
        select universe_id, session
        from mart.breadth
        where bias_label = 'PIT_FULL' and (membership_label <> 'PIT' or coverage_label <> 'FULL' or coverage_n < 0.99)
    """
    assert ask(release, better).rows == ()


def test_the_seven_are_seven(release: Path) -> None:
    assert ask(release, "select distinct n_expected from mart.breadth where universe_id = 'MAG7'").rows == ((7,),)
