-- Share of lines above their moving average
-- unit: %
with shown as (
    select universe_id
    from mart.breadth
    where basis = 'price' and pct_above_200 is not null
    group by universe_id
    order by universe_id = 'SP500' desc, count(*) desc, universe_id
    limit 1
),
measure as (
    select breadth.session, 1 as position, breadth.universe_id || ' above 200 days' as series, 100 * breadth.pct_above_200 as value
    from mart.breadth as breadth
    join shown using (universe_id)
    where breadth.basis = 'price'
    union all
    select breadth.session, 2, breadth.universe_id || ' above 50 days', 100 * breadth.pct_above_50
    from mart.breadth as breadth
    join shown using (universe_id)
    where breadth.basis = 'price'
)
select session, series, value
from measure
where session > (select max(session) from measure) - 730
order by position, session
