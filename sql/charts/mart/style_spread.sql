-- Return of the long fund less the short one over 63 sessions
-- unit: percentage points
with spread as (
    select session, long_symbol || ' - ' || short_symbol as series, spread_id, 100 * spread_pp as value
    from mart.style_spread
    where horizon_sessions = 63
),
shown as (
    select spread_id, row_number() over (order by spread_id = 'etf_small_tech' desc, count(*) desc, spread_id) as position
    from spread
    where value is not null
    group by spread_id
    order by position
    limit 3
)
select spread.session, spread.series, spread.value
from spread
join shown using (spread_id)
where spread.session > (select max(session) from spread) - 730
order by shown.position, spread.session
