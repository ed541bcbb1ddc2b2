-- One row is the distance between the multiples of two cohorts on one session, by one measure and basis (methodology E.3).
--
-- Cohort A (value, small, the rest) is asked to be cheap against cohort B (big tech): a ratio below one, a log gap below zero.
-- Percentiles and z-scores compare with the pair's own last five years (C.11); history_label is the worst label of the sessions that
-- they rest on, and stands beside them: nobody may claim more than it allows (B.7). Where one is NULL a reason of its own says why.
-- Dates of the last time at least as wide or narrow need no distribution and are told of every gap (C.14).
-- seldom empty: none of the pairs of raw.cohort_pair may be cohorts of the market
-- key: cohort_a, cohort_b, session, measure, basis
create table mart.valuation_gap (
    cohort_a varchar not null,          -- cohort that may be cheap
    cohort_b varchar not null,          -- cohort that it is compared with
    session date not null,              -- session of the close
    measure varchar not null,           -- pe_incl, pe_excl, pe_median_pos or pe_median_yield, as in mart.valuation
    basis varchar not null,             -- street or gaap, for both
    pe_a double,                        -- multiple of A
    pe_b double,                        -- multiple of B by the same measure; by pe_incl for pe_median_pos
    ratio double,                       -- pe_a / pe_b
    log_gap double,                     -- ln(ratio): 0 parity, -0.693 half
    null_reason varchar,                -- why ratio and log_gap are NULL (methodology 0.4); also fewer than valuation.min_names_median_gap names under a median
    yield_gap_pp double,                -- earnings yield of A less that of B, percentage points; defined for losses too with pe_incl
    log_gap_percentile_5y double,       -- mid-rank of log_gap in (t - 5 years, t], 0..1
    log_gap_z_5y double,                -- distance of log_gap from the mean of [t - 5 years, t - 1], standard deviations
    yield_gap_percentile_5y double,     -- mid-rank of yield_gap_pp, 0..1
    yield_gap_z_5y double,              -- distance of yield_gap_pp from its mean, standard deviations
    percentile_null_reason varchar,     -- why log_gap_percentile_5y is NULL (0.4)
    z_null_reason varchar,              -- why log_gap_z_5y is NULL
    yield_percentile_null_reason varchar, -- why yield_gap_percentile_5y is NULL
    yield_z_null_reason varchar,        -- why yield_gap_z_5y is NULL
    n_obs_5y integer not null,          -- sessions in (t - 5 years, t] with a log_gap
    history_label varchar not null,     -- worst bias_label of these sessions and of this one: the label of percentiles and z-scores (B.7)
    high_since date,                    -- last earlier session whose log_gap was at least as high; NULL: on none since held_from (C.14)
    low_since date,                     -- last earlier session whose log_gap was at least as low; NULL: on none since held_from
    held_from date,                     -- first session with a log_gap up to this one; NULL: none
    yield_gap_high_since date,          -- last earlier session whose yield_gap_pp was at least as high; NULL: on none since yield_gap_held_from
    yield_gap_low_since date,           -- last earlier session whose yield_gap_pp was at least as low; NULL: on none since yield_gap_held_from
    yield_gap_held_from date,           -- first session with a yield_gap_pp up to this one; NULL: none
    is_half boolean,                    -- ratio <= valuation.half_ratio; NULL without a ratio
    share_often_half double,            -- profitable companies of A at half of pe_b or less / profitable companies of A, 0..1
    n_members_a integer not null,       -- companies expected in A
    n_used_a integer not null,          -- of them used
    n_members_b integer not null,       -- companies expected in B
    n_used_b integer not null,          -- of them used
    coverage_w_a double,                -- cap of the used / cap of A, the unknown estimated, 0..1
    coverage_w_b double,                -- cap of the used / cap of B, the unknown estimated, 0..1
    pit_grade varchar not null,         -- worse grade of the two
    bias_label varchar not null,        -- worse label of the two (B.7)
    method_version varchar not null     -- version of the methodology
);

with param as (
    select
        max(value) filter (where name = 'valuation.half_ratio') as half_ratio,
        max(value) filter (where name = 'valuation.min_names_median_gap') as min_names_median,
        max(value) filter (where name = 'history.min_obs_percentile') as min_obs_percentile,
        max(value) filter (where name = 'history.min_obs_z') as min_obs_z
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
pair as (
    select cohort_a, cohort_b
    from raw.cohort_pair
    where load_id = (select max(load_id) from raw.cohort_pair)
),
reason_rank as (
    select known.null_reason, known.precedence
    from (values
        ('UNAVAILABLE', 1), ('OTHER_CURRENCY', 2), ('NOT_LISTED', 3), ('NO_DIVIDENDS', 4), ('INSUFFICIENT_HISTORY', 5), ('LOW_COUNT', 6),
        ('LOW_COVERAGE', 7), ('STALE_INPUT', 8), ('NONPOSITIVE_DENOMINATOR', 9), ('NOT_POINT_IN_TIME', 10), ('QUARANTINED', 11)
    ) as known (null_reason, precedence)
),
-- A median of few names jumps: it has no gap.
multiple as (
    select
        price.cohort_id,
        price.session,
        price.measure,
        price.basis,
        price.value as pe,
        case when price.measure <> 'pe_median_pos' or price.n_positive >= param.min_names_median then price.value end as compared_pe,
        case price.measure
            when 'pe_incl' then yield.value
            when 'pe_median_pos' then case when price.n_positive >= param.min_names_median then 1 / nullif(price.value, 0) end
            else 1 / nullif(price.value, 0)
        end as earnings_yield,
        coalesce(price.null_reason, case when price.measure = 'pe_median_pos' and price.n_positive < param.min_names_median then 'LOW_COUNT' end) as null_reason,
        case price.measure when 'pe_incl' then yield.null_reason
            else coalesce(price.null_reason, case when price.measure = 'pe_median_pos' and price.n_positive < param.min_names_median then 'LOW_COUNT' end)
        end as yield_null_reason,
        label.badness,
        price.n_members,
        price.n_used,
        price.coverage_w,
        price.pit_grade
    from mart.valuation as price
    cross join param
    join core.bias_label as label on label.bias_label = price.bias_label
    left join mart.valuation as yield
        on yield.cohort_id = price.cohort_id
        and yield.session = price.session
        and yield.basis = price.basis
        and yield.measure = 'ey_incl'
    where price.measure in ('pe_incl', 'pe_excl', 'pe_median_pos', 'pe_median_yield')
        and price.session <= $last -- from the beginning: a date of the last time may lie anywhere
)
select
    pair.cohort_a,
    pair.cohort_b,
    a.session,
    a.measure,
    a.basis,
    a.pe as pe_a,
    b.pe as pe_b,
    a.compared_pe / nullif(b.compared_pe, 0) as ratio,
    ln(a.compared_pe / nullif(b.compared_pe, 0)) as log_gap,
    case when coalesce(reason_a.precedence, 99) <= coalesce(reason_b.precedence, 99) then a.null_reason else b.null_reason end as null_reason,
    case when coalesce(yield_reason_a.precedence, 99) <= coalesce(yield_reason_b.precedence, 99) then a.yield_null_reason else b.yield_null_reason end as yield_null_reason,
    100 * (a.earnings_yield - b.earnings_yield) as yield_gap_pp,
    a.compared_pe / nullif(b.compared_pe, 0) <= param.half_ratio as is_half,
    cast(cheap.n_half as double) / nullif(cheap.n_profitable, 0) as share_often_half,
    a.n_members as n_members_a,
    a.n_used as n_used_a,
    b.n_members as n_members_b,
    b.n_used as n_used_b,
    a.coverage_w as coverage_w_a,
    b.coverage_w as coverage_w_b,
    greatest(a.pit_grade, b.pit_grade) as pit_grade,
    label.bias_label,
    '1.0' as method_version,
    label.badness,
    a.session >= $first as is_wanted,
    param.min_obs_percentile,
    param.min_obs_z
from pair
cross join param
join multiple as a on a.cohort_id = pair.cohort_a
join multiple as b
    on b.cohort_id = pair.cohort_b
    and b.session = a.session
    and b.basis = a.basis
    -- the typical profitable company of A stands against B as a whole, as in the worked example of E.1
    and b.measure = case a.measure when 'pe_median_pos' then 'pe_incl' else a.measure end
join core.bias_label as label on label.badness = greatest(a.badness, b.badness)
left join reason_rank as reason_a on reason_a.null_reason = a.null_reason
left join reason_rank as reason_b on reason_b.null_reason = b.null_reason
left join reason_rank as yield_reason_a on yield_reason_a.null_reason = a.yield_null_reason
left join reason_rank as yield_reason_b on yield_reason_b.null_reason = b.yield_null_reason
left join core.cohort_half_price as cheap
    on cheap.cohort_a = pair.cohort_a
    and cheap.cohort_b = pair.cohort_b
    and cheap.session = a.session
    and cheap.measure = b.measure
    and cheap.basis = a.basis
