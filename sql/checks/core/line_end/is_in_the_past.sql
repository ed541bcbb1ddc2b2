-- A line ended before the last session, and with a reason that is an end.
-- fails after:
insert into core.line_end by name select 1 as security_id, date '9999-12-31' as session, 'UNKNOWN' as reason;
select security_id, session, reason
from core.line_end
where session >= (select max(session) from core.session) or reason = 'EXCHANGE_MOVE'
