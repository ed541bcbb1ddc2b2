-- One row is one company on one month-end session: one number that factor sorts use, and whether it may be sorted (D.1 to D.3).
--
-- The company stands under its primary line. Rows that a sort leaves out stay, with the reason, so that they can be counted.
-- The sort universe is RANK3000 where coverage.min_n of its target is priced, else every company with a market cap (ALL). Its label
-- is the worst of the stays of RANK3000 and of the share of them that is priced, the same for ALL: what is not ranked is known no better.
-- seldom empty: the history may be too short for a month end
-- key: formation_session, security_id, characteristic
create table core.characteristic (
    formation_session date not null,    -- last session of a month; everything here was known at its close
    security_id integer not null,       -- the company's primary line
    issuer_id integer not null,         -- the company
    characteristic varchar not null check (characteristic in ('momentum', 'earnings_yield', 'book_to_market')), -- what value is
    value double,                       -- total return from month end f-12 to f-1; trailing earnings / cap; book / cap: decimals; NULL unknown
    basis varchar,                      -- of earnings: gaap or street, one for all names of a session, the better covered; else NULL
    me_usd double not null,             -- issuer market cap at the close, USD
    exchange varchar,                   -- vendor exchange code as told by then, or told first (grade D)
    universe_id varchar not null,       -- RANK3000, or ALL when too few of its names are priced
    bias_label varchar not null,        -- of the universe, its membership and its coverage (B.7)
    is_screened boolean not null,       -- in the universe, priced on the session, price and age sufficient: counts for size breakpoints
    is_eligible boolean not null,       -- screened, and the value is known and sortable
    exclusion_reason varchar,           -- NOT_IN_UNIVERSE, NO_PRICE, LOW_PRICE, NEWLY_LISTED, NONPOSITIVE, or why the value is NULL (0.4)
    pit_grade varchar not null          -- worst grade of cap and value
);

insert into core.characteristic by name
with param as (
    select
        max(value) filter (where name = 'factor.min_universe_names') as min_universe_names,
        max(value) filter (where name = 'factor.min_price') as min_price,
        max(value) filter (where name = 'factor.min_listed_sessions') as min_listed_sessions,
        max(value) filter (where name = 'coverage.min_n') as min_n,
        max(value) filter (where name = 'bias.full') as full_share,
        max(value) filter (where name = 'bias.partial') as partial_share,
        max(value) filter (where name = 'factor.mom_months') as mom_months,
        max(value) filter (where name = 'factor.mom_skip_months') as mom_skip_months,
        max(value) filter (where name = 'factor.mom_min_returns') as mom_min_returns
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
formation as (
    select session as formation_session, session_no, month_no from core.session where is_month_end and session >= $first and session <= $last
),
company as (
    select formation.*, cap.security_id, cap.issuer_id, cap.issuer_cap_usd as me_usd, cap.is_stale, cap.pit_grade
    from core.market_cap as cap
    join formation on formation.formation_session = cap.session
    where cap.is_primary and cap.issuer_cap_usd > 0
),
ranked as (
    select distinct
        formation.formation_session,
        membership.issuer_id,
        membership.bias_label
    from core.membership as membership
    join formation
        on membership.valid_from <= formation.formation_session
        and (membership.valid_to is null or formation.formation_session < membership.valid_to)
        and membership.known_from <= formation.formation_session
    where membership.universe_id = 'RANK3000'
),
-- Companies with a cap of the session, against all that the ranking names and the places that nobody fills.
priced as (
    select
        ranked.formation_session,
        count(distinct company.issuer_id) filter (where not company.is_stale) as n_priced,
        greatest(count(distinct ranked.issuer_id), coalesce(max(target.n_expected_issuers), 0)) as n_expected,
        max(label.badness) as badness
    from ranked
    join core.bias_label as label on label.bias_label = ranked.bias_label
    left join company on company.formation_session = ranked.formation_session and company.issuer_id = ranked.issuer_id
    left join core.member_count as target on target.universe_id = 'RANK3000' and target.session = ranked.formation_session
    group by ranked.formation_session
),
universe as (
    select
        formation.formation_session,
        coalesce(priced.n_priced >= param.min_universe_names and priced.n_priced >= param.min_n * priced.n_expected, false) as is_ranked,
        coalesce(label.bias_label, 'CURRENT_LIST') as bias_label
    from formation
    cross join param
    left join priced using (formation_session)
    left join core.bias_label as of_prices
        on of_prices.bias_label = case
            when priced.n_priced >= param.full_share * priced.n_expected then 'PIT_FULL'
            when priced.n_priced >= param.partial_share * priced.n_expected then 'PIT_PARTIAL'
            else 'PIT_SPARSE'
        end
    left join core.bias_label as label
        on priced.badness is not null and label.badness = greatest(priced.badness, of_prices.badness)
),
listing as (
    select security_id, min(session_no) as first_no from core.daily_price where is_valid group by security_id
),
screened as (
    select
        company.*,
        label.exchange,
        case when universe.is_ranked then 'RANK3000' else 'ALL' end as universe_id,
        universe.bias_label,
        case
            when universe.is_ranked and ranked.issuer_id is null then 'NOT_IN_UNIVERSE'
            when company.is_stale or price.is_valid is not true or price.is_stale or price.close_usd is null then 'NO_PRICE'
            when price.close_usd < param.min_price then 'LOW_PRICE'
            when company.session_no - listing.first_no < param.min_listed_sessions then 'NEWLY_LISTED'
        end as screen_reason
    from company
    cross join param
    join universe using (formation_session)
    left join ranked using (formation_session, issuer_id)
    left join listing using (security_id)
    left join core.line_label as label
        on label.security_id = company.security_id and label.valid_from <= company.formation_session
        and (label.valid_to is null or company.formation_session < label.valid_to)
    left join core.daily_price as price on price.security_id = company.security_id and price.session = company.formation_session
),
month as (
    select
        price.security_id,
        session.month_no,
        max(price.log_tri_e15) filter (where session.is_month_end and price.is_valid) as log_tri_e15,
        max(price.tri_segment) filter (where session.is_month_end and price.is_valid) as tri_segment,
        count(price.total_return) filter (where price.is_valid) as n_returns,
        count_if(price.return_reason = 'NO_DIVIDENDS') as n_no_dividends,
        count_if(price.return_reason not in ('FIRST_BAR', 'LONG_GAP', 'SEAM', 'NO_DIVIDENDS')) as n_refused
    from core.daily_price as price
    join core.session as session on session.session = price.session
    where session.month_no >= (select min(month_no) from formation) - (select mom_months from param) and price.session <= $last
    group by price.security_id, session.month_no
),
-- Levels of two segments of the index cannot be compared: a return between them is not known (A.2).
past_return as (
    select
        company.formation_session,
        company.security_id,
        exp((
            max(month.log_tri_e15) filter (where month.month_no = company.month_no - param.mom_skip_months)
            - max(month.log_tri_e15) filter (where month.month_no = company.month_no - param.mom_months)
        ) / 1e15) - 1 as value,
        max(month.tri_segment) filter (where month.month_no = company.month_no - param.mom_skip_months)
        = max(month.tri_segment) filter (where month.month_no = company.month_no - param.mom_months) as is_one_segment,
        sum(month.n_returns) filter (where month.month_no > company.month_no - param.mom_months) as n_returns,
        sum(month.n_no_dividends) filter (where month.month_no > company.month_no - param.mom_months) as n_no_dividends,
        sum(month.n_refused) filter (where month.month_no > company.month_no - param.mom_months) as n_refused
    from company
    cross join param
    join month
        on month.security_id = company.security_id
        and month.month_no between company.month_no - param.mom_months and company.month_no - param.mom_skip_months
    group by company.formation_session, company.security_id
),
valuation as (
    select
        formation_session,
        issuer_valuation.*,
        count(earnings_gaap_usd) over w >= count(earnings_street_usd) over w as is_gaap
    from core.issuer_valuation as issuer_valuation
    join formation on formation.formation_session = issuer_valuation.session
    window w as (partition by issuer_valuation.session)
),
measured as (
    select
        screened.*,
        'momentum' as characteristic,
        cast(null as varchar) as basis,
        case when past_return.n_returns >= param.mom_min_returns and past_return.is_one_segment then past_return.value end as value,
        case
            when past_return.n_no_dividends > 0 and past_return.n_returns + past_return.n_no_dividends >= param.mom_min_returns
                then 'NO_DIVIDENDS'
            when past_return.n_returns >= param.mom_min_returns and past_return.is_one_segment = false and past_return.n_refused > 0
                then 'QUARANTINED'
            else 'INSUFFICIENT_HISTORY'
        end as unknown_reason,
        false as is_positive_only,
        screened.pit_grade as value_grade
    from screened
    cross join param
    left join past_return using (formation_session, security_id)
    union all by name
    select
        screened.*,
        'earnings_yield' as characteristic,
        case when valuation.is_gaap then 'gaap' when not valuation.is_gaap then 'street' end as basis,
        case when valuation.is_gaap then valuation.earnings_gaap_usd else valuation.earnings_street_usd end / screened.me_usd as value,
        coalesce(
            case when valuation.is_gaap then valuation.gaap_null_reason else valuation.street_null_reason end,
            'UNAVAILABLE'
        ) as unknown_reason,
        true as is_positive_only,
        coalesce(valuation.pit_grade, screened.pit_grade) as value_grade
    from screened
    left join valuation using (formation_session, issuer_id)
    union all by name
    select
        screened.*,
        'book_to_market' as characteristic,
        cast(null as varchar) as basis,
        valuation.book_equity_usd / screened.me_usd as value,
        'UNAVAILABLE' as unknown_reason,
        true as is_positive_only,
        coalesce(valuation.pit_grade, screened.pit_grade) as value_grade
    from screened
    left join valuation using (formation_session, issuer_id)
),
judged as (
    select
        *,
        case
            when screen_reason is not null then screen_reason
            when value is null then unknown_reason
            when is_positive_only and value <= 0 then 'NONPOSITIVE'
        end as exclusion_reason
    from measured
)
select
    formation_session,
    security_id,
    issuer_id,
    characteristic,
    value,
    basis,
    me_usd,
    exchange,
    universe_id,
    bias_label,
    screen_reason is null as is_screened,
    exclusion_reason is null as is_eligible,
    exclusion_reason,
    greatest(pit_grade, value_grade) as pit_grade
from judged
order by formation_session, security_id;
