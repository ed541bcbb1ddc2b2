-- On how many sessions of each year was each measure of each universe published, and why was it withheld on the others?
-- One row a mart table, measure, variant (basis, horizon), universe and year; the reasons with their sessions, the commonest first.
with breadth as (
    select universe_id, basis, session, null_reason from mart.breadth
),
breadth_measure as (
    select distinct unnest(map_keys(null_reason)) as measure from breadth
),
breadth_total as (
    select universe_id, basis, year(session) as year, count(*) as n_sessions from breadth group by all
),
breadth_null as (
    select universe_id, basis, year(session) as year, unnest(map_entries(null_reason)) as entry from breadth
),
breadth_withheld as (
    select
        universe_id, basis, year, struct_extract(entry, 'key') as measure, struct_extract(entry, 'value') as reason, count(*) as n_sessions
    from breadth_null
    group by all
),
told as (
    select 'mart.valuation' as table_name, cohort_id as universe_id, measure, basis as variant, session, value is not null as is_published, null_reason
    from mart.valuation
    union all
    select
        'mart.valuation_gap', cohort_a || '/' || cohort_b, measure || ' ' || said.number, basis, session, said.is_published, said.reason
    from mart.valuation_gap
    cross join lateral (
        values
            ('ratio', ratio is not null, null_reason),
            ('log_gap_percentile_5y', log_gap_percentile_5y is not null, percentile_null_reason),
            ('log_gap_z_5y', log_gap_z_5y is not null, z_null_reason)
    ) as said (number, is_published, reason)
    union all
    select 'mart.factor_return', case variant when 'list_ew' then 'SP600-SP500' else 'market' end, factor_id, variant, session, ret is not null, null_reason
    from mart.factor_return
    union all
    select 'mart.style_spread', spread_id, said.number, horizon_sessions || ' sessions', session, said.is_published, said.reason
    from mart.style_spread
    cross join lateral (
        values
            ('spread_log', spread_log is not null, null_reason),
            ('percentile_5y', percentile_5y is not null, percentile_null_reason),
            ('z_5y', z_5y is not null, z_null_reason)
    ) as said (number, is_published, reason)
    union all
    select 'mart.earnings_exposure', cohort_id, 'exposure', horizon_sessions || ' sessions', session, exposure is not null, null_reason
    from mart.earnings_exposure
),
counted as (
    select
        table_name, universe_id, measure, variant, year(session) as year,
        case when not is_published then coalesce(null_reason, 'no reason') end as reason, count(*) as n_sessions
    from told
    group by all
    union all
    select 'mart.breadth', universe_id, measure, basis, year, reason, n_sessions
    from breadth_withheld
    union all
    -- The map names what is NULL: the other sessions of a measure have a value.
    select
        'mart.breadth', total.universe_id, measure.measure, total.basis, total.year, null,
        any_value(total.n_sessions) - coalesce(sum(withheld.n_sessions), 0)
    from breadth_total as total
    cross join breadth_measure as measure
    left join breadth_withheld as withheld
        on withheld.universe_id = total.universe_id and withheld.basis = total.basis and withheld.year = total.year
        and withheld.measure = measure.measure
    group by total.universe_id, measure.measure, total.basis, total.year
)
select
    table_name,
    measure,
    variant,
    universe_id,
    year,
    cast(coalesce(sum(n_sessions) filter (where reason is null), 0) as bigint) as n_published,
    cast(coalesce(sum(n_sessions) filter (where reason is not null), 0) as bigint) as n_withheld,
    string_agg(reason || ' ' || n_sessions, ', ' order by n_sessions desc, reason) filter (where reason is not null) as withheld_for
from counted
group by table_name, measure, variant, universe_id, year
order by table_name, measure, variant, universe_id, year
