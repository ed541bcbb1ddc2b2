-- A fiscal period ends at most 20 days after and 200 days before its announcement.
-- severity: warn
-- fails after:
update core.earnings_event set fiscal_period_end = announced_on - 400;

select event_id, fiscal_period_end, announced_on
from core.earnings_event
where announced_on - fiscal_period_end not between -20 and 200
