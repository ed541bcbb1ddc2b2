-- The versions of an event follow each other without gap or overlap, and the last one is what core.earnings_event shows.
-- fails after:
update core.earnings_date_vintage set known_to = known_from;

select vintage.event_id, vintage.known_from, vintage.known_to, vintage.announced_on
from core.earnings_date_vintage as vintage
qualify vintage.known_to is distinct from lead(vintage.known_from) over (partition by vintage.event_id order by vintage.known_from)
