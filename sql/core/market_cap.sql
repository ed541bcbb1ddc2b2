-- One row is one line's market cap on one session, and its issuer's, from the counts known that day (B.6, E.1).
--
-- Lines of one company that report counts within 1 % of each other report the company's count: it is taken once, at the price of
-- the primary line, and each line holds an equal part of that cap. So the line caps of a company always add up to its cap.
-- A company has no cap while one of its lines comes to more than anybody is worth: core.absurd_cap says which, and at what price.
-- seldom empty: every count may be unusable, or every price in another currency
-- key: security_id, session
create table core.market_cap (
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- the company
    session date not null,              -- session of the close
    close_usd double not null,          -- close that prices the line, USD per share on the session's basis
    shares double not null,             -- shares outstanding known at the close, on the session's basis
    line_cap_usd double not null,       -- close * shares; an equal part of the company's cap where shares is a company-level count
    issuer_cap_usd double not null,     -- sum of the company's lines, company-level counts taken once
    is_primary boolean not null,        -- the line that stands for the company on this session where companies are counted
    is_company_count boolean not null,  -- shares counts the whole company, not the line
    is_stale boolean not null,          -- priced with a close one to five sessions old
    pit_grade varchar not null          -- worst grade of price and share count
);

insert into core.market_cap by name
with param as (
    select
        max(value) filter (where name = 'price.cap_fill_sessions') as fill_sessions,
        max(value) filter (where name = 'shares.company_level_tolerance') as company_level,
        max(value) filter (where name = 'company.max_usd') as max_usd
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
line as (
    select security_id, issuer_id, is_primary, valid_to, count(*) over (partition by issuer_id) > 1 as has_sisters
    from core.line
    where kind = 'EQUITY'
),
-- Counts and splits cut into spells on which the shares of the day are one number: the big join below is one interval join.
spell as (
    select
        line.security_id, line.issuer_id, line.is_primary, line.has_sisters,
        greatest(counted.known_from, coalesce(regime.valid_from, date '1900-01-01')) as valid_from,
        least(coalesce(counted.known_to, date '9999-12-31'), coalesce(regime.valid_to, date '9999-12-31')) as valid_to,
        counted.shares_fwd * coalesce(regime.share_factor, 1) as shares,
        coalesce(regime.price_factor, 1) as price_factor,
        counted.pit_grade
    from core.share_count as counted
    join line on line.security_id = counted.security_id
    left join core.split_regime as regime
        on regime.security_id = counted.security_id
        and regime.valid_from < coalesce(counted.known_to, date '9999-12-31')
        and (regime.valid_to is null or counted.known_from < regime.valid_to)
    where counted.shares_fwd is not null and coalesce(counted.known_to, date '9999-12-31') > $first
),
missing as (
    select price.security_id, price.session, price.session_no
    from core.daily_price as price
    join line on line.security_id = price.security_id
    cross join param
    where price.session >= $first and price.session <= $last and price.close_usd is null and not price.is_adjusted_only and price.n_missing <= param.fill_sessions
        and (line.valid_to is null or price.session < line.valid_to)
),
-- A close of up to five sessions ago, on the first basis, so that a split in between does not matter (0.6).
carried as (
    select missing.security_id, missing.session, max_by(earlier.close_fwd_e9, earlier.session_no) as close_fwd_e9,
        max_by(earlier.pit_grade, earlier.session_no) as pit_grade
    from missing
    cross join param
    join core.daily_price as earlier
        on earlier.security_id = missing.security_id
        and earlier.session_no < missing.session_no and earlier.session_no >= missing.session_no - param.fill_sessions
    where earlier.close_usd is not null
        and earlier.session_no >= (select min(session_no) from core.session where session >= $first) - param.fill_sessions
    group by missing.security_id, missing.session
),
priced as (
    select security_id, session, close_usd, null as close_fwd_e9, pit_grade
    from core.daily_price
    where session >= $first and session <= $last and close_usd is not null
    union all
    select security_id, session, null, close_fwd_e9, pit_grade
    from carried
),
line_cap as (
    select
        priced.security_id, spell.issuer_id, priced.session, spell.is_primary, spell.has_sisters, spell.shares,
        coalesce(priced.close_usd, priced.close_fwd_e9 / 1e9 / spell.price_factor) as close_usd,
        priced.close_usd is null as is_stale,
        greatest(priced.pit_grade, spell.pit_grade) as pit_grade
    from priced
    join spell
        on spell.security_id = priced.security_id and spell.valid_from <= priced.session and priced.session < spell.valid_to
),
sisters as (
    select
        line_cap.*,
        count(*) over all_lines as n_lines,
        max(shares) over all_lines <= (1 + param.company_level) * min(shares) over all_lines and count(*) over all_lines > 1 as is_company_count,
        row_number() over primary_first = 1 as stands_for_company,
        first_value(close_usd * shares) over primary_first as primary_cap_usd,
        sum(close_usd * shares) over all_lines as sum_cap_usd,
        max(close_usd * shares) over all_lines as largest_cap_usd
    from line_cap
    cross join param
    where has_sisters
    window
        all_lines as (partition by issuer_id, session order by security_id rows between unbounded preceding and unbounded following),
        primary_first as (partition by issuer_id, session order by is_primary desc, security_id)
),
caps as (
    select
        security_id, issuer_id, session, close_usd, shares, close_usd * shares as line_cap_usd, close_usd * shares as issuer_cap_usd,
        true as is_primary, false as is_company_count, is_stale, pit_grade
    from line_cap
    cross join param
    where not has_sisters and close_usd * shares <= param.max_usd
    union all
    select
        security_id, issuer_id, session, close_usd, shares,
        case when is_company_count then primary_cap_usd / n_lines else close_usd * shares end,
        case when is_company_count then primary_cap_usd else sum_cap_usd end,
        stands_for_company, is_company_count, is_stale, pit_grade
    from sisters
    cross join param
    where largest_cap_usd <= param.max_usd
)
select
    security_id, issuer_id, session, close_usd, shares, line_cap_usd, issuer_cap_usd, is_primary, is_company_count, is_stale, pit_grade
from caps
order by session, security_id;
