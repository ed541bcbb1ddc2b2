-- Between resets the lines of a change are together worth no more after it than before.
-- fails after:
update core.equal_weight_holding set value_per_price = 2 * value_per_price where session > reset_session + 7;
with line as (
    select line.universe_id, line.session, line.security_id, line.stay_from, line.reset_session, line.is_in_before, line.is_in_after, line.close_e9
    from core.equal_weight_line as line
    left join core.equal_weight_reset as reset on reset.session = line.session
    where line.session >= $first and reset.session is null
),
before as (
    select line.universe_id, line.session, sum(holding.value_per_price * line.close_e9) as value
    from line
    asof join core.equal_weight_holding as holding
        on holding.universe_id = line.universe_id and holding.security_id = line.security_id and holding.stay_from = line.stay_from
        and holding.session < line.session
    where line.is_in_before and holding.reset_session = line.reset_session
    group by line.universe_id, line.session
),
after as (
    select line.universe_id, line.session, sum(holding.value_per_price * line.close_e9) as value
    from line
    join core.equal_weight_holding as holding
        on holding.universe_id = line.universe_id and holding.security_id = line.security_id and holding.session = line.session
    group by line.universe_id, line.session
)
select after.universe_id, after.session, before.value as value_before, after.value as value_after
from after
left join before using (universe_id, session)
where not coalesce(after.value <= before.value + 1e-9, false)
