-- The versions of a result follow each other without overlap.
-- fails after:
update core.earnings_result set known_to = known_from;

select event_id, known_from, known_to, eps_actual_fwd
from core.earnings_result
qualify coalesce(known_to, date '9999-12-31') > lead(known_from) over (partition by event_id order by known_from) or known_to <= known_from
