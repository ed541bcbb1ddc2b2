-- Every stay of a line begins in a spell of its company.
-- fails after:
delete from core.issuer_membership where issuer_id = (select min(issuer_id) from core.issuer_membership);
select line.universe_id, line.security_id, line.valid_from
from core.membership as line
left join core.issuer_membership as spell
    on spell.universe_id = line.universe_id and spell.issuer_id = line.issuer_id and spell.valid_from = line.valid_from
where spell.issuer_id is null
