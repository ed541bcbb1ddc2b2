-- One row is one line that passes the tests of a SCREEN cohort on one month-end session (B.4).
--
-- A cohort is chosen from the lines that its base holds on that session, or without a base from all issuers that may be ranked (B.2).
-- Sectors and industries are the vendor's of today, so they make the grade D. The median of a characteristic is that of the base's
-- companies, before any other test; where it is known for too few of them nobody passes. Nothing later than the session is used.
-- may be empty: nobody may pass the tests
-- key: formation_session, cohort_id, security_id
create table core.screened (
    formation_session date not null,    -- last session of a month
    cohort_id varchar not null,         -- the cohort
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- its company
    bias_label varchar,                 -- label of the line's stay in the base (B.7); NULL: chosen from all lines
    pit_grade varchar not null          -- worst grade of the stay and of what was tested
);

insert into core.screened by name
with param as (
    select
        max(value) filter (where name = 'rank.min_price') as min_price,
        max(value) filter (where name = 'rank.min_cap_usd') as min_cap_usd,
        max(value) filter (where name = 'coverage.min_n') as min_coverage,
        max(value) filter (where name = 'valuation.min_names_median') as min_names
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
rule as (
    select cohort_id, base_cohort_id, string_split(sectors, ';') as sectors, string_split(industries, ';') as industries,
        cap_from_usd, cap_below_usd, above_median
    from raw.cohort_rule
    where kind = 'SCREEN' and load_id = (select max(load_id) from raw.cohort_rule)
),
month_end as (
    select session from core.session where is_month_end and session >= $first and session <= $last
),
cap as (
    select security_id, issuer_id, session, issuer_cap_usd, close_usd, is_primary, is_stale, pit_grade
    from core.market_cap
    where session >= $first and session in (select session from month_end)
),
eligible as (
    select cap.issuer_id, cap.session
    from cap
    cross join param
    where cap.is_primary and not cap.is_stale and cap.close_usd >= param.min_price and cap.issuer_cap_usd >= param.min_cap_usd
),
stay as (
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.list_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.rank_membership
),
candidate as (
    select rule.cohort_id, month_end.session, stay.security_id, stay.issuer_id, stay.bias_label, stay.pit_grade
    from rule
    join stay on stay.universe_id = rule.base_cohort_id
    join month_end on stay.valid_from <= month_end.session and (stay.valid_to is null or month_end.session < stay.valid_to)
    union all
    select rule.cohort_id, cap.session, cap.security_id, cap.issuer_id, null, greatest(cap.pit_grade, 'B')
    from rule
    cross join cap
    join eligible on eligible.issuer_id = cap.issuer_id and eligible.session = cap.session
    where rule.base_cohort_id is null
),
company as (
    select issuer_id, session, market_cap_usd, earnings_street_usd / nullif(market_cap_usd, 0) as earnings_yield, pit_grade
    from core.issuer_valuation
    where session >= $first and session in (select session from month_end)
),
middle as (
    select chosen.cohort_id, chosen.session, median(company.earnings_yield) as earnings_yield
    from (select distinct cohort_id, session, issuer_id from candidate) as chosen
    cross join param
    join rule on rule.cohort_id = chosen.cohort_id and rule.above_median = 'earnings_yield'
    left join company on company.issuer_id = chosen.issuer_id and company.session = chosen.session
    group by chosen.cohort_id, chosen.session
    having count(company.earnings_yield) >= greatest(max(param.min_names), max(param.min_coverage) * count(*))
),
-- What was told first also holds for the past; what was told otherwise later does not rewrite it.
label as (
    select line.issuer_id, told.valid_from, coalesce(told.valid_to, date '9999-12-31') as valid_to, told.sector, told.industry
    from core.line as line
    join core.line_label as told on told.security_id = line.security_id
    where line.is_primary
)
select
    candidate.session as formation_session,
    candidate.cohort_id,
    candidate.security_id,
    candidate.issuer_id,
    candidate.bias_label,
    case
        when rule.sectors is not null or rule.industries is not null then 'D'
        else greatest(candidate.pit_grade, company.pit_grade)
    end as pit_grade
from candidate
join rule on rule.cohort_id = candidate.cohort_id
left join label
    on label.issuer_id = candidate.issuer_id and label.valid_from <= candidate.session and candidate.session < label.valid_to
left join company on company.issuer_id = candidate.issuer_id and company.session = candidate.session
left join middle on middle.cohort_id = candidate.cohort_id and middle.session = candidate.session
where (rule.sectors is null or list_contains(rule.sectors, label.sector))
    and (rule.industries is null or list_contains(rule.industries, label.industry))
    and (rule.cap_from_usd is null or company.market_cap_usd >= rule.cap_from_usd)
    and (rule.cap_below_usd is null or company.market_cap_usd < rule.cap_below_usd)
    and (rule.above_median is null or company.earnings_yield > middle.earnings_yield)
order by formation_session, candidate.cohort_id, candidate.security_id;
