-- One row is one month end on which the largest companies of a list are to be picked, and whether they can be told (B.4).
--
-- A pick of the ranks up to N cannot be made while a company of the list without a believed cap could be among them: while its
-- estimate (core.cap_estimate, else the median of the list) ranks within twice N. Then nobody is in until the next month end.
-- Rows begin with the first month end on which anybody has a cap.
-- may be empty: no month may have ended yet, or no company of the market have a cap
-- key: cohort_id, session
create table core.top_pick (
    cohort_id varchar not null,         -- cohort of kind TOP_N
    session date not null,              -- last session of a month
    n_known integer not null,           -- companies of the list with a believed market cap
    n_unknown integer not null,         -- companies of the list without one, entries without a price line included
    n_could_rank integer not null,      -- of these: may be among the chosen
    is_decided boolean not null         -- nobody is left who could be
);

insert into core.top_pick by name
with rule as (
    select cohort_id, base_cohort_id, rank_to
    from raw.cohort_rule
    where kind = 'TOP_N' and load_id = (select max(load_id) from raw.cohort_rule)
),
month_end as (
    select session
    from core.session
    where is_month_end and session >= $first and session <= $last and session >= (select min(session) from core.month_end_cap)
),
cap as (
    select session, issuer_id, max(issuer_cap_usd) as cap_usd
    from core.month_end_cap
    where session >= $first and session <= $last
    group by session, issuer_id
),
estimate as (
    select estimate.session, estimate.issuer_id, estimate.cap_usd
    from core.cap_estimate as estimate
    join month_end on month_end.session = estimate.session
    where estimate.session >= $first and estimate.session <= $last
),
company as (
    select rule.cohort_id, rule.rank_to, month_end.session, cast(stay.issuer_id as varchar) as company, max(cap.cap_usd) as known_usd, max(estimate.cap_usd) as estimated_usd
    from rule
    join core.list_membership as stay on stay.universe_id = rule.base_cohort_id
    join month_end on stay.valid_from <= month_end.session and (stay.valid_to is null or month_end.session < stay.valid_to)
    left join cap on cap.session = month_end.session and cap.issuer_id = stay.issuer_id
    left join estimate on estimate.session = month_end.session and estimate.issuer_id = stay.issuer_id
    group by rule.cohort_id, rule.rank_to, month_end.session, stay.issuer_id
    union all
    select rule.cohort_id, rule.rank_to, month_end.session, gap.symbol, null, null
    from rule
    join core.membership_gap as gap on gap.universe_id = rule.base_cohort_id
    join month_end on gap.valid_from <= month_end.session and (gap.valid_to is null or month_end.session < gap.valid_to)
),
ranked as (
    select
        company.cohort_id, company.session, company.rank_to, company.known_usd,
        row_number() over (
            partition by company.cohort_id, company.session
            order by coalesce(company.known_usd, company.estimated_usd, middle.cap_usd, 1e300) desc, company.known_usd is not null, company.company
        ) as size_rank
    from company
    join (select cohort_id, session, quantile_disc(known_usd, 0.5) as cap_usd from company group by cohort_id, session) as middle
        on middle.cohort_id = company.cohort_id and middle.session = company.session
)
select
    cohort_id,
    session,
    count(known_usd) as n_known,
    count(*) - count(known_usd) as n_unknown,
    count_if(known_usd is null and size_rank <= 2 * rank_to) as n_could_rank,
    count_if(known_usd is null and size_rank <= 2 * rank_to) = 0 as is_decided
from ranked
group by cohort_id, session
order by session, cohort_id;
