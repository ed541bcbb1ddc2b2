-- Lines are ranked by their caps at month ends, and at no other session.
-- fails after:
update core.month_end_cap set session = session - 8;

select cap.session, cap.security_id
from core.month_end_cap as cap
left join core.session as session on session.session = cap.session and session.is_month_end
where cap.session >= $first and session.session is null;
