-- One row is what the companies of one cohort are worth and what they earn, own or sell on one session: sums, counts and medians (E.2).
--
-- A company with several lines counts once. It is used when its market cap and the denominator are known at that close.
-- Caps and denominators are rounded to cents and summed as integers, so that any order of rows gives the same bits.
-- seldom empty: no member of a cohort may be a company with statements
-- key: cohort_id, session, denominator
create table core.cohort_fundamental (
    cohort_id varchar not null,         -- cohort or universe, as in core.membership
    session date not null,              -- session of the close
    denominator varchar not null check (denominator in ('street', 'gaap', 'book', 'revenue')), -- trailing street earnings, trailing net income, book equity, trailing revenue
    n_used integer not null,            -- companies with market cap and denominator
    used_cap_usd double,                -- their market cap
    used_sum_usd double,                -- their denominator
    n_positive integer,                 -- of them with a denominator above zero; like the rest only for street and gaap
    positive_cap_usd double,            -- market cap of those
    positive_sum_usd double,            -- denominator of those
    capped_sum_usd double,              -- the same, of none less than market cap / valuation.pe_cap
    median_multiple double,             -- median cap / denominator of those
    median_yield double,                -- median denominator / cap of the used, losses included, decimal
    check (n_positive <= n_used)
);

insert into core.cohort_fundamental by name
with param as (
    select max(value) filter (where name = 'valuation.pe_cap') as pe_cap
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
company as (
    select
        issuer_id,
        session,
        cast(round(market_cap_usd * 100) as bigint) as cap,
        cast(round(market_cap_usd * 100 / param.pe_cap) as bigint) as least_earnings,
        cast(round(earnings_street_usd * 100) as bigint) as street,
        cast(round(earnings_gaap_usd * 100) as bigint) as gaap,
        cast(round(book_equity_usd * 100) as bigint) as book,
        cast(round(revenue_usd * 100) as bigint) as revenue
    from core.issuer_valuation
    cross join param
    where session >= $first and session <= $last
),
-- From companies to cohorts, not from sessions to members to companies: a join on the company streams, the other way does not fit.
member as (
    select
        stay.universe_id as cohort_id,
        company.session,
        company.cap,
        company.least_earnings,
        company.street,
        company.gaap,
        company.book,
        company.revenue
    from company
    join core.issuer_membership as stay
        on stay.issuer_id = company.issuer_id
        and stay.valid_from <= company.session
        and (stay.valid_to is null or company.session < stay.valid_to)
),
tally as (
    select
        cohort_id,
        session,
        count(street) as n_street,
        sum(cap) filter (where street is not null) as cap_street,
        sum(street) as sum_street,
        count(*) filter (where street > 0) as n_street_pos,
        sum(cap) filter (where street > 0) as cap_street_pos,
        sum(street) filter (where street > 0) as sum_street_pos,
        sum(greatest(street, least_earnings)) filter (where street > 0) as sum_street_capped,
        median(cast(cap as double) / nullif(street, 0)) filter (where street > 0) as multiple_street,
        median(cast(street as double) / nullif(cap, 0)) as yield_street,
        count(gaap) as n_gaap,
        sum(cap) filter (where gaap is not null) as cap_gaap,
        sum(gaap) as sum_gaap,
        count(*) filter (where gaap > 0) as n_gaap_pos,
        sum(cap) filter (where gaap > 0) as cap_gaap_pos,
        sum(gaap) filter (where gaap > 0) as sum_gaap_pos,
        sum(greatest(gaap, least_earnings)) filter (where gaap > 0) as sum_gaap_capped,
        median(cast(cap as double) / nullif(gaap, 0)) filter (where gaap > 0) as multiple_gaap,
        median(cast(gaap as double) / nullif(cap, 0)) as yield_gaap,
        count(book) as n_book,
        sum(cap) filter (where book is not null) as cap_book,
        sum(book) as sum_book,
        count(revenue) as n_revenue,
        sum(cap) filter (where revenue is not null) as cap_revenue,
        sum(revenue) as sum_revenue
    from member
    group by cohort_id, session
),
by_denominator as (
    select cohort_id, session, 'street' as denominator, n_street as n, cap_street as cap, sum_street as total,
        n_street_pos as n_pos, cap_street_pos as cap_pos, sum_street_pos as total_pos, sum_street_capped as total_capped, multiple_street as multiple, yield_street as yield
    from tally
    union all
    select cohort_id, session, 'gaap', n_gaap, cap_gaap, sum_gaap, n_gaap_pos, cap_gaap_pos, sum_gaap_pos, sum_gaap_capped, multiple_gaap, yield_gaap
    from tally
    union all
    select cohort_id, session, 'book', n_book, cap_book, sum_book, null, null, null, null, null, null
    from tally
    union all
    select cohort_id, session, 'revenue', n_revenue, cap_revenue, sum_revenue, null, null, null, null, null, null
    from tally
)
select
    cohort_id,
    session,
    denominator,
    cast(n as integer) as n_used,
    cast(cap as double) / 100 as used_cap_usd,
    cast(total as double) / 100 as used_sum_usd,
    cast(n_pos as integer) as n_positive,
    cast(cap_pos as double) / 100 as positive_cap_usd,
    cast(total_pos as double) / 100 as positive_sum_usd,
    cast(total_capped as double) / 100 as capped_sum_usd,
    multiple as median_multiple,
    yield as median_yield
from by_denominator
where n > 0;
