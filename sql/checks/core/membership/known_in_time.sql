-- A stay is known when it begins.
-- fails after:
update core.membership set known_from = valid_from + 1;

select universe_id, security_id, valid_from, known_from
from core.membership
where known_from > valid_from
