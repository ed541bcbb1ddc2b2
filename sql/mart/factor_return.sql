-- One row is one factor on one session: long portfolios less short portfolios, self-financing (D.1 to D.3).
--
-- UMD, HML_EP and HML_BM: (SH + BH) / 2 - (SL + BL) / 2 of their sort. SMB: (SL + SM + SH) / 3 - (BL + BM + BH) / 3 of the
-- earnings-yield sort; SMB_BM of the book sort, SMB_UMD of the momentum sort, which loss-makers stay in. Variant cap90 is the
-- headline. SMB in variant list_ew is the S&P SmallCap 600 less the S&P 500, which needs no market caps.
-- Every factor has a row on every session from the market's first on (core.member_count). A name that falls silent stays expected and missing until
-- the next formation; only a booked delisting return ends it (0.4).
-- Columns ending in _ex_assumed are of the portfolios' ret_ex_assumed: names are left out on the session of an assumed delisting return.
-- Without RANK3000 the universe is what has a cap: SMB over large and mid caps is "smaller large caps", not small caps.
-- key: session, factor_id, variant
create table mart.factor_return (
    session date not null,              -- trading date
    factor_id varchar not null,         -- UMD, SMB, HML_EP, HML_BM, SMB_BM, SMB_UMD
    variant varchar not null,           -- cap90 (headline), nyse, univ, cap90_ew, list_ew
    ret double,                         -- long_ret - short_ret, decimal; NULL with a reason
    long_ret double,                    -- mean return of the long portfolios, decimal
    short_ret double,                   -- mean return of the short portfolios, decimal
    ret_ex_assumed double,              -- long_ret_ex_assumed - short_ret_ex_assumed; NULL as ret, and where a portfolio has no other name
    long_ret_ex_assumed double,         -- long_ret without assumed delisting returns, decimal
    short_ret_ex_assumed double,        -- short_ret without assumed delisting returns, decimal
    n_long integer not null,            -- names expected in the long portfolios
    n_short integer not null,           -- names expected in the short portfolios
    turnover_one_way double,            -- at a formation at this close: half the weight changes, mean of the portfolios of both legs; else NULL
    cumulative_sum double,              -- sum of ret since the first, decimal (headline cumulation of a self-financing factor); NULL where ret is
    cumulative_sum_ex_assumed double,   -- sum of ret_ex_assumed since the first, decimal; NULL where that is
    cumulative_legs double,             -- compounded long leg less compounded short leg over the sessions with ret, decimal; NULL where ret is
    n_expected integer not null,        -- names in all portfolios used, formed and not ended by a booked delisting return before
    n_used integer not null,            -- of those, names with a return on the session
    n_missing integer not null,         -- n_expected - n_used; they earn 0 until they reappear
    coverage_n double,                  -- n_used / n_expected
    coverage_w double,                  -- smallest weight share with a return among the portfolios used
    n_assumed integer not null,         -- names in the portfolios used with an assumed delisting return (A.5)
    assumed_w double,                   -- largest weight share of these names among the portfolios used; NULL without a portfolio
    is_assumption_material boolean not null, -- assumed_w is above delist.material_share
    formation_session date,             -- month-end session at whose close the portfolios were formed; NULL before the first
    universe_id varchar,                -- what was sorted: RANK3000, ALL, SP600-SP500; NULL without a portfolio
    pit_grade varchar,                  -- worst grade of the holdings; NULL without a portfolio
    bias_label varchar,                 -- worst of the portfolios used (B.7); NULL without a portfolio
    null_reason varchar,                -- why ret is NULL (0.4), of its portfolios the first in the order of precedence
    method_version varchar not null,    -- version of the definition
    check ((ret is null) = (null_reason is not null)),
    check ((ret is null) = (cumulative_sum is null) and (ret is null) = (cumulative_legs is null)),
    check ((ret_ex_assumed is null) = (cumulative_sum_ex_assumed is null))
);

insert into mart.factor_return by name
with param as (
    select
        max(value) filter (where name = 'factor.min_names_per_portfolio') as min_formed,
        max(value) filter (where name = 'factor.min_names_with_return') as min_with_return,
        max(value) filter (where name = 'delist.material_share') as material_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
month_end as (
    select session as formation_session, lead(session) over (order by session) as next_formation from core.session where is_month_end
),
market as (
    select session.session, max(month_end.formation_session) as formation_session
    from core.session as session
    left join month_end
        on month_end.formation_session < session.session
        and (month_end.next_formation is null or session.session <= month_end.next_formation)
        and month_end.formation_session >= (select min(session) from core.member_count)
    where session.session >= (select min(session) from core.member_count)
    group by session.session
),
spine as (
    select
        market.session, market.formation_session, factor.factor_id, factor.variant, factor.sort_id, factor.n_portfolios,
        coalesce(series.missing_reason, 'INSUFFICIENT_HISTORY') as missing_reason, series.thin_reason
    from market
    cross join core.factor as factor
    left join core.factor_series as series
        on series.formation_session = market.formation_session and series.factor_id = factor.factor_id and series.variant = factor.variant
),
leg as (
    select
        portfolio.*, factor.factor_id as series_id,
        case when factor.is_size then left(portfolio.portfolio, 1) = 'S' else right(portfolio.portfolio, 1) = 'H' end as is_long
    from mart.factor_portfolio as portfolio
    join core.factor as factor on factor.sort_id = portfolio.factor_id and factor.variant = portfolio.variant
    where factor.is_size or right(portfolio.portfolio, 1) in ('L', 'H')
),
complete as (
    select
        session, factor_id as sort_id, variant,
        count(*) as n_portfolios,
        bool_or(null_reason = 'NO_DIVIDENDS') as is_without_dividends,
        min(n_formed) as least_formed,
        min(n_with_return) as least_with_return
    from mart.factor_portfolio
    group by session, factor_id, variant
),
-- Means of two or three portfolios, summed as integers: no order matters.
side as (
    select
        session, series_id as factor_id, variant, is_long,
        case when count(ret) = count(*) then sum(cast(round(1e15 * ret) as hugeint)) / (1e15 * count(*)) end as ret,
        case when count(ret_ex_assumed) = count(*) then sum(cast(round(1e15 * ret_ex_assumed) as hugeint)) / (1e15 * count(*)) end as ret_ex_assumed,
        sum(cast(round(1e15 * turnover_one_way) as bigint)) / (1e15 * nullif(count(turnover_one_way), 0)) as turnover_one_way,
        cast(sum(n_expected) as integer) as n_expected,
        cast(sum(n_with_return) as integer) as n_with_return,
        cast(sum(n_assumed) as integer) as n_assumed,
        min(coverage_w) as coverage_w,
        max(assumed_w) as assumed_w,
        max(universe_id) as universe_id,
        max(pit_grade) as pit_grade,
        max_by(bias_label, badness) as bias_label,
        max(badness) as badness
    from leg
    join core.bias_label as label using (bias_label)
    group by session, series_id, variant, is_long
),
factor_day as (
    select
        session, factor_id, variant,
        max(ret) filter (where is_long) as long_ret,
        max(ret) filter (where not is_long) as short_ret,
        max(ret_ex_assumed) filter (where is_long) as long_ret_ex_assumed,
        max(ret_ex_assumed) filter (where not is_long) as short_ret_ex_assumed,
        (max(turnover_one_way) filter (where is_long) + max(turnover_one_way) filter (where not is_long)) / 2 as turnover_one_way,
        max(n_expected) filter (where is_long) as n_long,
        max(n_expected) filter (where not is_long) as n_short,
        cast(sum(n_with_return) as integer) as n_used,
        cast(sum(n_assumed) as integer) as n_assumed,
        min(coverage_w) as coverage_w,
        max(assumed_w) as assumed_w,
        max(universe_id) as universe_id,
        max(pit_grade) as pit_grade,
        max_by(bias_label, badness) as bias_label
    from side
    group by session, factor_id, variant
),
judged as (
    select
        spine.session, spine.factor_id, spine.variant, spine.formation_session,
        factor_day.* exclude (session, factor_id, variant, n_long, n_short, n_used, n_assumed),
        coalesce(factor_day.n_long, 0) as n_long,
        coalesce(factor_day.n_short, 0) as n_short,
        coalesce(factor_day.n_used, 0) as n_used,
        coalesce(factor_day.n_assumed, 0) as n_assumed,
        coalesce(factor_day.assumed_w > param.material_share, false) as is_assumption_material,
        case
            when factor_day.session is null then spine.missing_reason
            when complete.is_without_dividends then 'NO_DIVIDENDS'
            when complete.n_portfolios < spine.n_portfolios then 'LOW_COUNT'
            when complete.least_formed < param.min_formed or complete.least_with_return < param.min_with_return then 'LOW_COUNT'
            when spine.thin_reason is not null then spine.thin_reason
            when factor_day.long_ret is null or factor_day.short_ret is null then 'LOW_COVERAGE'
        end as null_reason
    from spine
    cross join param
    left join factor_day
        on factor_day.session = spine.session and factor_day.factor_id = spine.factor_id and factor_day.variant = spine.variant
    left join complete on complete.session = spine.session and complete.sort_id = spine.sort_id and complete.variant = spine.variant
),
counted as (
    select
        judged.* exclude (long_ret, short_ret, long_ret_ex_assumed, short_ret_ex_assumed),
        case when null_reason is null then long_ret end as long_ret,
        case when null_reason is null then short_ret end as short_ret,
        case when null_reason is null then long_ret - short_ret end as ret,
        case when null_reason is null then long_ret_ex_assumed end as long_ret_ex_assumed,
        case when null_reason is null then short_ret_ex_assumed end as short_ret_ex_assumed,
        case when null_reason is null then long_ret_ex_assumed - short_ret_ex_assumed end as ret_ex_assumed
    from judged
)
select
    session,
    factor_id,
    variant,
    ret,
    long_ret,
    short_ret,
    ret_ex_assumed,
    long_ret_ex_assumed,
    short_ret_ex_assumed,
    n_long,
    n_short,
    turnover_one_way,
    -- A session that is withheld adds nothing and has no sum: a line that stands still would look like a market that does.
    case when ret is not null then sum(cast(round(1e15 * ret) as hugeint)) over w / 1e15 end as cumulative_sum,
    case when ret_ex_assumed is not null then sum(cast(round(1e15 * ret_ex_assumed) as hugeint)) over w / 1e15 end as cumulative_sum_ex_assumed,
    case when ret is not null then
        exp(sum(cast(round(1e15 * ln(1 + greatest(coalesce(long_ret, 0), -0.999999))) as bigint)) over w / 1e15)
        - exp(sum(cast(round(1e15 * ln(1 + greatest(coalesce(short_ret, 0), -0.999999))) as bigint)) over w / 1e15)
    end as cumulative_legs,
    n_long + n_short as n_expected,
    n_used,
    n_long + n_short - n_used as n_missing,
    n_used / cast(nullif(n_long + n_short, 0) as double) as coverage_n,
    coverage_w,
    n_assumed,
    assumed_w,
    is_assumption_material,
    formation_session,
    universe_id,
    pit_grade,
    bias_label,
    null_reason,
    '1.0' as method_version
from counted
window w as (partition by factor_id, variant order by session rows between unbounded preceding and current row)
order by session, factor_id, variant;
