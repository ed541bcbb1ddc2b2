-- A line is in a universe once at a time, and for at least one session.
-- fails after:
update core.universe_stay set valid_to = valid_from where security_id = (select min(security_id) from core.universe_stay);
select universe_id, security_id, valid_from, valid_to
from core.universe_stay
qualify valid_to <= valid_from or valid_from <= lag(valid_to, 1, date '1900-01-01') over (partition by universe_id, security_id order by valid_from)
