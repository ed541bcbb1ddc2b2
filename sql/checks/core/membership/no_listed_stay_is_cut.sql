-- A line is in for as long as its list names it, whether it trades or not (0.4).
-- fails after:
update core.membership set valid_to = coalesce(valid_to, date '9999-12-31') - 1;
with said as (
    select universe_id, security_id, sum(coalesce(valid_to, date '9999-12-31') - valid_from) as n_days
    from core.list_membership
    group by universe_id, security_id
),
kept as (
    select universe_id, security_id, sum(coalesce(valid_to, date '9999-12-31') - valid_from) as n_days
    from core.membership
    group by universe_id, security_id
)
select said.universe_id, said.security_id, said.n_days, kept.n_days as n_days_kept
from said
left join kept on kept.universe_id = said.universe_id and kept.security_id = said.security_id
where kept.n_days is distinct from said.n_days
