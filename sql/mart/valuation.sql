-- One row is one multiple of one cohort on one session: companies' caps over their trailing earnings, book value or revenue (E.2, E.6).
--
-- Aggregates are sums over companies, never means of multiples; a company with several lines counts once. A company is used
-- when its market cap and the measure's denominator are known at that close; losses count unless the measure says otherwise.
-- Sums rest on coverage.min_w of the cohort's cap, counts and medians on coverage.min_n of its companies; sums over a cohort that is
-- named by a fixed list on every company of it that is listed, counts and medians on cohort.min_share of them; a universe by rank on
-- rank.min_share of its target (0.4). Every cohort and session of core.member_count has its rows, with a reason where there is no value.
-- Counts, grade and label of the cohort are those of core.cohort_cap.
-- key: cohort_id, session, measure, basis
create table mart.valuation (
    cohort_id varchar not null,         -- cohort or universe, as in core.membership
    session date not null,              -- session of the close
    measure varchar not null,           -- pe_incl: sum M / sum E; pe_excl: the same over E > 0; pe_capped: the same with each P/E above 60 set to 60; pe_median_pos: median P/E over E > 0; pe_median_yield: 1 / median(E / M); ey_incl: sum E / sum M; loss_share_n, loss_share_w: companies, cap with E <= 0; pb, ps: sum M / book, revenue
    basis varchar not null check (basis in ('street', 'gaap')), -- whose earnings: street EPS as the vendor counts it, or statements
    value double,                       -- ratio; yields and shares are decimals; NULL with a reason
    null_reason varchar,                -- why value is NULL (methodology 0.4)
    n_members integer not null,         -- companies expected in the cohort, those without a price line included
    n_used integer not null,            -- companies with market cap and denominator
    n_missing integer not null,         -- n_members - n_used
    n_positive integer,                 -- of the used with earnings above zero; NULL for pb and ps, and without any
    coverage_n double,                  -- n_used / n_members, 0..1; NULL where nobody is expected
    unknown_w double,                   -- estimated share of the companies without a believed market cap in the cap of all, 0..1 (core.universe_weight)
    coverage_w double,                  -- cap of the used / cap of all, the unknown estimated, 0..1; NULL where nobody is in
    pit_grade varchar not null,         -- worst grade of membership, cap and earnings that weighs enough
    bias_label varchar not null,        -- PIT_FULL, PIT_PARTIAL, PIT_SPARSE, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    method_version varchar not null     -- version of the methodology
);

insert into mart.valuation by name
with param as (
    select
        max(value) filter (where name = 'valuation.min_names_median') as min_names_median,
        max(value) filter (where name = 'coverage.min_w') as min_coverage_w,
        max(value) filter (where name = 'coverage.min_n') as min_coverage_n,
        max(value) filter (where name = 'rank.min_share') as rank_share,
        max(value) filter (where name = 'cohort.min_share') as min_share,
        max(value) filter (where name = 'cohort.min_names') as min_names
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
measure as (
    select shown.measure, shown.basis, shown.denominator, shown.measure in ('pe_median_pos', 'pe_median_yield', 'loss_share_n') as is_count
    from (values
        ('pe_incl', 'street', 'street'), ('pe_excl', 'street', 'street'), ('pe_capped', 'street', 'street'), ('pe_median_pos', 'street', 'street'),
        ('pe_median_yield', 'street', 'street'), ('ey_incl', 'street', 'street'), ('loss_share_n', 'street', 'street'),
        ('loss_share_w', 'street', 'street'),
        ('pe_incl', 'gaap', 'gaap'), ('pe_excl', 'gaap', 'gaap'), ('pe_capped', 'gaap', 'gaap'), ('pe_median_pos', 'gaap', 'gaap'),
        ('pe_median_yield', 'gaap', 'gaap'), ('ey_incl', 'gaap', 'gaap'), ('loss_share_n', 'gaap', 'gaap'),
        ('loss_share_w', 'gaap', 'gaap'),
        ('pb', 'gaap', 'book'), ('ps', 'gaap', 'revenue')
    ) as shown (measure, basis, denominator)
),
rule as (
    select cohort_id, kind
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
cohort as (
    select
        cohort.cohort_id,
        cohort.session,
        measure.measure,
        measure.basis,
        measure.is_count,
        coalesce(rule.kind = 'FIXED', false) as is_named,
        coalesce(rule.kind = 'RANK', false) as is_rank,
        cohort.n_members,
        cohort.n_priced,
        cohort.n_unknown,
        cohort.member_reason,
        coalesce(total.n_used, 0) as n_used,
        cohort.unknown_w,
        case
            when cohort.unknown_w is null then null
            when cohort.cap_usd > 0 then (1 - cohort.unknown_w) * (coalesce(total.used_cap_usd, 0) / cohort.cap_usd)
            else 0
        end as coverage_w,
        total.used_cap_usd,
        total.used_sum_usd,
        total.n_positive,
        total.positive_cap_usd,
        total.positive_sum_usd,
        total.capped_sum_usd,
        total.median_multiple,
        total.median_yield,
        cohort.pit_grade,
        cohort.bias_label
    from core.cohort_cap as cohort
    cross join measure
    left join rule on rule.cohort_id = cohort.cohort_id
    left join core.cohort_fundamental as total
        on total.cohort_id = cohort.cohort_id and total.session = cohort.session and total.denominator = measure.denominator
    where cohort.session >= $first and cohort.session <= $last
),
candidate as (
    select
        cohort.*,
        case cohort.measure
            when 'pe_incl' then cohort.used_cap_usd / nullif(greatest(cohort.used_sum_usd, 0), 0)
            when 'pe_excl' then cohort.positive_cap_usd / nullif(cohort.positive_sum_usd, 0)
            when 'pe_capped' then cohort.positive_cap_usd / nullif(cohort.capped_sum_usd, 0)
            when 'pe_median_pos' then cohort.median_multiple
            when 'pe_median_yield' then 1 / nullif(greatest(cohort.median_yield, 0), 0)
            when 'ey_incl' then cohort.used_sum_usd / nullif(cohort.used_cap_usd, 0)
            when 'loss_share_n' then cast(cohort.n_used - cohort.n_positive as double) / nullif(cohort.n_used, 0)
            when 'loss_share_w' then (cohort.used_cap_usd - coalesce(cohort.positive_cap_usd, 0)) / nullif(cohort.used_cap_usd, 0)
            else cohort.used_cap_usd / nullif(greatest(cohort.used_sum_usd, 0), 0)
        end as found
    from cohort
),
judged as (
    select
        candidate.*,
        case
            when member_reason is not null then member_reason
            when n_used = 0 then 'UNAVAILABLE'
            when is_named and is_count and n_used < greatest(param.min_names, ceil(param.min_share * n_members)) then 'LOW_COUNT'
            when not is_named and n_used < param.min_names then 'LOW_COUNT'
            when measure = 'pe_median_pos' and n_positive < param.min_names_median then 'LOW_COUNT'
            when is_named and not is_count and (n_used < n_members or n_unknown > 0) then 'LOW_COVERAGE'
            when is_rank and n_priced < param.rank_share * n_members then 'LOW_COVERAGE'
            when not is_named and is_count and n_used < param.min_coverage_n * n_members then 'LOW_COVERAGE'
            when not is_named and not is_count and coalesce(coverage_w, 0) < param.min_coverage_w then 'LOW_COVERAGE'
            when found is null then 'NONPOSITIVE_DENOMINATOR'
        end as null_reason
    from candidate
    cross join param
)
select
    cohort_id,
    session,
    measure,
    basis,
    case when null_reason is null then found end as value,
    null_reason,
    cast(n_members as integer) as n_members,
    n_used,
    cast(n_members - n_used as integer) as n_missing,
    n_positive,
    cast(n_used as double) / nullif(n_members, 0) as coverage_n,
    unknown_w,
    coverage_w,
    pit_grade,
    bias_label,
    '1.0' as method_version
from judged;
