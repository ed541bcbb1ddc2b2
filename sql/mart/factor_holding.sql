-- One row is one company in one of the portfolios of a factor, from the close of a month-end session on (D.1).
--
-- Variants: cap90 (headline), nyse and univ part the portfolios by core.sort_breakpoint and hold them at market cap; cap90_ew
-- holds the portfolios of cap90 at equal weights; list_ew needs no market cap: the S&P SmallCap 600 against the S&P 500, at equal weights.
-- seldom empty: every sort may have too few companies
-- key: formation_session, factor_id, variant, security_id
create table mart.factor_holding (
    formation_session date not null,    -- last session of a month; the holding earns the sessions after it, to the next one inclusive
    factor_id varchar not null,         -- sort: UMD (12-2 momentum), HML_EP (earnings yield), HML_BM (book to market), SMB (lists)
    variant varchar not null,           -- cap90, nyse, univ, cap90_ew, list_ew
    security_id integer not null,       -- the company's primary line; any member line for lists
    symbol varchar,                     -- its latest symbol
    portfolio varchar not null,         -- size S or B, then low L, middle M, high H of the sorting variable; S and B only for lists
    sort_value double,                  -- the sorting variable, decimal; NULL for lists
    me_usd double,                      -- issuer market cap at the close, USD; NULL for lists
    weight double not null check (weight > 0 and weight <= 1), -- weight in its portfolio at the close; sums to 1
    size_breakpoint_usd double,         -- small up to this cap, USD; NULL when no name is small, and for lists
    low_breakpoint double,              -- low up to this value
    high_breakpoint double,             -- high above this value
    universe_id varchar not null,       -- what was sorted: RANK3000, ALL (every company with a cap), or SP600-SP500
    bias_label varchar not null,        -- of the universe (B.7)
    pit_grade varchar not null          -- worst grade of cap and value; D for nyse, as exchanges are today's
);

insert into mart.factor_holding by name
with param as (
    select
        max(value) filter (where name = 'bias.full') as full_share,
        max(value) filter (where name = 'bias.partial') as partial_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
sorted as (
    select
        point.formation_session, point.factor_id, point.variant, name.security_id, name.value as sort_value, name.me_usd,
        cast(round(name.me_usd) as bigint) as me,
        case when round(name.me_usd) > coalesce(point.size_breakpoint_usd, 0) then 'B' else 'S' end
        || case when name.value <= point.low_breakpoint then 'L' when name.value > point.high_breakpoint then 'H' else 'M' end as portfolio,
        point.size_breakpoint_usd, point.low_breakpoint, point.high_breakpoint, name.universe_id, name.bias_label,
        case when point.variant = 'nyse' then 'D' else name.pit_grade end as pit_grade
    from core.characteristic as name
    join core.sort_breakpoint as point
        on point.formation_session = name.formation_session
        and point.factor_id = case name.characteristic when 'momentum' then 'UMD' when 'earnings_yield' then 'HML_EP' else 'HML_BM' end
    where name.is_eligible and name.formation_session >= $first and name.formation_session <= $last
),
list as (
    select
        formation_session, universe_id,
        count(*) filter (where is_eligible) / cast(count(*) + max(n_gaps) as double) as priced_share,
        max(label.badness) as badness
    from core.size_list
    join core.bias_label as label using (bias_label)
    where formation_session >= $first and formation_session <= $last
    group by formation_session, universe_id
),
list_pair as (
    select
        list.formation_session,
        greatest(max(list.badness), max(of_prices.badness)) as badness
    from list
    cross join param
    join core.bias_label as of_prices
        on of_prices.bias_label = case
            when list.priced_share >= param.full_share then 'PIT_FULL'
            when list.priced_share >= param.partial_share then 'PIT_PARTIAL'
            else 'PIT_SPARSE'
        end
    group by list.formation_session
    having count(*) = 2
),
holding as (
    select sorted.* exclude (me), me / cast(sum(me) over w as double) as weight
    from sorted
    window w as (partition by formation_session, factor_id, variant, portfolio)
    union all by name
    select sorted.* exclude (me) replace ('cap90_ew' as variant), 1.0 / count(*) over w as weight
    from sorted
    where variant = 'cap90'
    window w as (partition by formation_session, factor_id, portfolio)
    union all by name
    select
        member.formation_session, 'SMB' as factor_id, 'list_ew' as variant, member.security_id,
        case member.universe_id when 'SP600' then 'S' else 'B' end as portfolio,
        1.0 / count(*) over w as weight,
        'SP600-SP500' as universe_id, label.bias_label, member.pit_grade
    from core.size_list as member
    join list_pair using (formation_session)
    join core.bias_label as label using (badness)
    where member.is_eligible
    window w as (partition by member.formation_session, member.universe_id)
)
select
    holding.formation_session,
    holding.factor_id,
    holding.variant,
    holding.security_id,
    security.symbol,
    holding.portfolio,
    holding.sort_value,
    holding.me_usd,
    holding.weight,
    holding.size_breakpoint_usd,
    holding.low_breakpoint,
    holding.high_breakpoint,
    holding.universe_id,
    holding.bias_label,
    holding.pit_grade
from holding
left join core.last_symbol as security on security.security_id = holding.security_id
order by holding.formation_session, holding.factor_id, holding.variant, holding.security_id;
