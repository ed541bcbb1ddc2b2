-- Every stay of a line is in the set of the spell that begins with it.
-- fails after:
delete from core.membership_set where security_id = (select min(security_id) from core.membership_set);
select stay.universe_id, stay.security_id, stay.valid_from
from core.membership as stay
left join core.membership_set as spell on spell.security_id = stay.security_id and spell.valid_from = stay.valid_from
where not coalesce(list_contains(spell.universe_ids, stay.universe_id), false)
