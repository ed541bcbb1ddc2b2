-- The spells of a company follow each other, and each says something new.
-- fails after:
update core.fiscal_calendar set known_to = known_from;

select issuer_id, known_from, known_to, phase, label_shift
from core.fiscal_calendar
window life as (partition by issuer_id order by known_from)
qualify known_to is distinct from lead(known_from) over life
    or ((phase, label_shift) is not distinct from lag((phase, label_shift)) over life and lag(known_from) over life is not null)
