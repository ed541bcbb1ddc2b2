-- The spells of a line follow each other without gap or overlap.
-- fails after:
update core.share_count set known_to = known_from + 1;

select security_id, known_from, known_to
from core.share_count
qualify known_to is distinct from lead(known_from) over (partition by security_id order by known_from)
