-- One row is one portfolio of a factor on one session: its total return and how much of it was priced (D.1).
--
-- Weights of the formation drift with price-only returns, without recursion: weight at formation times price growth since.
-- A held name without a return earns 0, and its multi-session return on the session it reappears. After more than ten sessions
-- without a price its weight is out of the return until the session after it trades again, and goes to the others pro rata; it stays
-- expected and missing. Only a booked delisting return ends that for good (0.4, 0.6, A.5).
-- A return needs coverage.min_w of the weight that is expected, equal weights coverage.min_n of the names: else it is NULL.
-- Sums are of integers (1e-15 steps): the same content in any order and for any window.
-- ret_ex_assumed leaves a name out on the session on which an assumed delisting return is booked, weight and all: it ends at its
-- last price. Where nothing was assumed it is equal to ret, bit for bit; weights after the session are the same either way.
-- key: session, factor_id, variant, portfolio
create table mart.factor_portfolio (
    session date not null,              -- trading date
    formation_session date not null,    -- month-end session at whose close the portfolio was formed; before session
    factor_id varchar not null,         -- sort: UMD, HML_EP, HML_BM, SMB (lists)
    variant varchar not null,           -- cap90, nyse, univ, cap90_ew, list_ew
    portfolio varchar not null,         -- SL, SM, SH, BL, BM, BH; S, B for lists
    ret double,                         -- total return of the session, decimal; NULL with a reason
    ret_ex_assumed double,              -- ret of the names without an assumed delisting return, decimal; NULL as ret, and when there is none
    n_formed integer not null,          -- names at formation
    n_expected integer not null,        -- of those, names whose end was not booked before the session
    n_held integer not null,            -- of those, names whose price is recent enough to have a weight in the return
    n_with_return integer not null,     -- of those, names with a return on the session
    n_missing integer not null,         -- n_expected - n_with_return
    n_assumed integer not null,         -- names with an assumed delisting return (A.5)
    coverage_n double,                  -- n_with_return / n_expected; NULL when every name has ended
    coverage_w double,                  -- weight of names with a return over weight expected, a silent one at its last price; NULL as coverage_n
    assumed_w double,                   -- weight of names with an assumed delisting return over weight held; NULL when none is held
    is_assumption_material boolean not null, -- assumed_w is above delist.material_share
    cap_usd double,                     -- formation caps grown with the price to the close before, USD; NULL where weights are equal
    turnover_one_way double,            -- on the next formation session: half the sum of |new weight - drifted weight|; else NULL
    universe_id varchar not null,       -- RANK3000, ALL, or SP600-SP500
    bias_label varchar not null,        -- worst of the formation's and of what has a return on the session (B.7)
    pit_grade varchar not null,         -- worst grade of the holdings
    null_reason varchar,                -- why ret is NULL: NO_DIVIDENDS (enough names have a price), LOW_COUNT (every name has ended), LOW_COVERAGE
    check ((ret is null) = (null_reason is not null))
);

insert into mart.factor_portfolio by name
with param as (
    select
        max(value) filter (where name = 'price.gap_max_sessions') as gap_max_sessions,
        max(value) filter (where name = 'delist.material_share') as material_share,
        max(value) filter (where name = 'coverage.min_n') as min_n,
        max(value) filter (where name = 'coverage.min_w') as min_w,
        max(value) filter (where name = 'bias.full') as full_share,
        max(value) filter (where name = 'bias.partial') as partial_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
formation as (
    select session as formation_session, session_no as formation_no, lead(session) over (order by session) as next_formation
    from core.session
    where is_month_end
),
earning as (
    select formation.*
    from formation
    where (next_formation is null or next_formation >= $first) and formation_session < $last
),
spell as (
    select earning.*, session.session, session.session_no
    from earning
    join core.session as session
        on session.session > earning.formation_session
        and (earning.next_formation is null or session.session <= earning.next_formation)
        and session.session <= $last
),
held as (
    select distinct formation_session, security_id
    from mart.factor_holding
    where formation_session in (select formation_session from earning)
),
panel as (
    select
        held.formation_session, held.security_id, spell.session, spell.session_no, spell.formation_no,
        price.total_return,
        coalesce(price.is_valid, false) as is_valid,
        coalesce(price.return_reason = 'NO_DIVIDENDS', false) as is_without_dividends,
        -- The drift is price-only; where dividends cannot be told apart (adjusted closes) the total return stands in.
        coalesce(price.price_return, price.total_return) as price_return,
        price.is_valid is false and price.total_return is not null as is_delisting,
        coalesce(delisting.is_assumed, false) as is_assumed
    from held
    join spell using (formation_session)
    left join core.daily_price as price
        on price.security_id = held.security_id
        and price.session = spell.session
        and price.session > (select min(formation_session) from earning)
    left join core.delisting as delisting on delisting.security_id = price.security_id and delisting.session = price.session
),
-- Logs of price growth as integers: their running sum is exact. The floor keeps a total loss out of ln; that name has left anyway.
drift as (
    select
        panel.*,
        cast(round(1e15 * ln(1 + greatest(coalesce(price_return, 0), -0.999999))) as bigint) as log_e15
    from panel
),
grown as (
    select
        drift.*,
        coalesce(sum(log_e15) over before, 0) as growth_e15,
        coalesce(max(case when is_delisting then 1 else 0 end) over before, 0) = 1 as has_delisted,
        session_no - coalesce(max(case when is_valid then session_no end) over before, formation_no) as price_age
    from drift
    window before as (partition by formation_session, security_id order by session rows between unbounded preceding and 1 preceding)
),
standing as (
    select grown.*, exp(growth_e15 / 1e15) as growth_before, price_age <= param.gap_max_sessions or is_delisting as is_held
    from grown
    cross join param
    where not has_delisted and session >= $first
),
cell as (
    select
        row_number() over (order by formation_session, factor_id, variant, portfolio) as cell_no,
        formation_session, factor_id, variant, portfolio,
        cast(count(*) as integer) as n_formed,
        case when variant in ('cap90', 'nyse', 'univ') then cast(sum(cast(round(me_usd) as bigint)) as double) end as me_usd,
        max(universe_id) as universe_id,
        max(label.badness) as badness,
        max(pit_grade) as pit_grade
    from mart.factor_holding
    join core.bias_label as label using (bias_label)
    where formation_session in (select formation_session from earning)
    group by formation_session, factor_id, variant, portfolio
),
weight as (
    select cell.cell_no, holding.formation_session, holding.security_id, holding.weight
    from mart.factor_holding as holding
    join cell using (formation_session, factor_id, variant, portfolio)
),
position as (
    select
        weight.cell_no,
        standing.session,
        standing.is_held,
        case when standing.is_held then standing.total_return end as total_return,
        standing.is_assumed,
        standing.is_held and standing.is_without_dividends as is_without_dividends,
        cast(least(round(1e15 * weight.weight * standing.growth_before), 1e34) as hugeint) as held_e15, -- a wrong price grows beyond 64 bits
        case when standing.total_return is not null
            then cast(least(round(1e15 * weight.weight * standing.growth_before * standing.total_return), 1e34) as hugeint)
        end as gain_e15
    from weight
    join standing using (formation_session, security_id)
),
total as (
    select
        cell_no,
        session,
        cast(count(*) as integer) as n_expected,
        cast(count_if(is_held) as integer) as n_held,
        cast(count(total_return) as integer) as n_with_return,
        cast(count_if(is_assumed) as integer) as n_assumed,
        cast(count_if(is_without_dividends) as integer) as n_without_dividends,
        sum(held_e15) filter (where is_without_dividends) as without_dividends_e15,
        sum(held_e15) as expected_e15,
        sum(held_e15) filter (where is_held) as held_e15,
        sum(held_e15) filter (where total_return is not null) as priced_e15,
        sum(held_e15) filter (where is_assumed) as assumed_e15,
        sum(gain_e15) filter (where total_return is not null) as gain_e15,
        sum(gain_e15) filter (where is_assumed and total_return is not null) as assumed_gain_e15
    from position
    group by cell_no, session
),
portfolio_day as (
    select
        spell.session,
        cell.*,
        total.held_e15,
        coalesce(total.gain_e15, 0) as gain_e15,
        coalesce(total.assumed_e15, 0) as assumed_e15,
        coalesce(total.assumed_gain_e15, 0) as assumed_gain_e15,
        coalesce(total.n_expected, 0) as n_expected,
        coalesce(total.n_held, 0) as n_held,
        coalesce(total.n_with_return, 0) as n_with_return,
        coalesce(total.n_assumed, 0) as n_assumed,
        coalesce(total.n_with_return, 0) / cast(nullif(total.n_expected, 0) as double) as coverage_n,
        coalesce(total.priced_e15, 0) / cast(nullif(total.expected_e15, 0) as double) as coverage_w,
        coalesce(total.n_without_dividends, 0) > 0 as is_without_dividends,
        (coalesce(total.n_with_return, 0) + coalesce(total.n_without_dividends, 0))
        / cast(nullif(total.n_expected, 0) as double) as listed_n,
        (coalesce(total.priced_e15, 0) + coalesce(total.without_dividends_e15, 0))
        / cast(nullif(total.expected_e15, 0) as double) as listed_w,
        cell.me_usd is null as is_equal_weight
    from cell
    join spell on spell.formation_session = cell.formation_session and spell.session >= $first
    left join total on total.cell_no = cell.cell_no and total.session = spell.session
),
judged as (
    select
        portfolio_day.*,
        case
            when n_expected = 0 then 'LOW_COUNT'
            when case when is_equal_weight then coverage_n >= param.min_n else coverage_w >= param.min_w end then null
            when is_without_dividends and case when is_equal_weight then listed_n >= param.min_n else listed_w >= param.min_w end
                then 'NO_DIVIDENDS'
            else 'LOW_COVERAGE'
        end as null_reason,
        case when is_equal_weight then coverage_n else least(coverage_n, coverage_w) end as priced_share
    from portfolio_day
    cross join param
)
select
    judged.session,
    judged.formation_session,
    judged.factor_id,
    judged.variant,
    judged.portfolio,
    case when judged.null_reason is null then judged.gain_e15 / cast(judged.held_e15 as double) end as ret,
    case when judged.null_reason is null
        then (judged.gain_e15 - judged.assumed_gain_e15) / cast(nullif(judged.held_e15 - judged.assumed_e15, 0) as double)
    end as ret_ex_assumed,
    judged.n_formed,
    judged.n_expected,
    judged.n_held,
    judged.n_with_return,
    judged.n_expected - judged.n_with_return as n_missing,
    judged.n_assumed,
    judged.coverage_n,
    judged.coverage_w,
    judged.assumed_e15 / cast(judged.held_e15 as double) as assumed_w,
    coalesce(judged.assumed_e15 > param.material_share * judged.held_e15, false) as is_assumption_material,
    judged.me_usd * (judged.held_e15 / 1e15) as cap_usd,
    turnover.turnover_one_way,
    judged.universe_id,
    label.bias_label,
    judged.pit_grade,
    judged.null_reason
from judged
cross join param
join core.bias_label as of_prices
    on of_prices.bias_label = case
        when judged.priced_share >= param.full_share then 'PIT_FULL'
        when judged.priced_share >= param.partial_share then 'PIT_PARTIAL'
        else 'PIT_SPARSE'
    end
join core.bias_label as label on label.badness = greatest(judged.badness, of_prices.badness)
left join core.factor_turnover as turnover
    on turnover.formation_session = judged.session
    and turnover.factor_id = judged.factor_id
    and turnover.variant = judged.variant
    and turnover.portfolio = judged.portfolio
order by judged.session, judged.factor_id, judged.variant, judged.portfolio;
