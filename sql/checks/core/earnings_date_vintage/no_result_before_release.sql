-- That an announcement was made shows on no session before the one whose close follows the release.
-- fails after:
update core.earnings_date_vintage set known_from = announced_on - 5 where status = 'REPORTED';

select event_id, known_from, announced_on, timing
from core.earnings_date_vintage
where status = 'REPORTED' and known_from < announced_on
