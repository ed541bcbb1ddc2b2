-- Every universe and session that core.member_count expects something of is weighed, whether anybody is known or not.
-- fails after:
delete from core.universe_weight where session = (select max(session) from core.universe_weight);

select expected.universe_id, expected.session
from core.member_count as expected
anti join core.universe_weight as weight on weight.universe_id = expected.universe_id and weight.session = expected.session
where expected.session >= $first
