-- Share of lines above their moving average
-- unit: %
with shown as (
    select universe_id, basis, universe_id || case when basis = 'total' then ' total' else '' end as name
    from mart.breadth
    where pct_above_200 is not null
    group by universe_id, basis
    order by universe_id = 'SP500' desc, max(session) desc, basis, count(*) desc, universe_id -- prices alone where they go as far
    limit 1
),
measure as (
    select breadth.session, 1 as position, shown.name || ' above 200 days' as series, 100 * breadth.pct_above_200 as value
    from mart.breadth as breadth
    join shown using (universe_id, basis)
    union all
    select breadth.session, 2, shown.name || ' above 50 days', 100 * breadth.pct_above_50
    from mart.breadth as breadth
    join shown using (universe_id, basis)
)
select session, series, value
from measure
where session > (select max(session) from measure) - 730
order by position, session
