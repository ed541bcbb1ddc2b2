-- A delisting return is no less than minus one and is finite.
-- fails after:
insert into core.delisting by name select -1 as security_id, max(session) as session, -1.5 as delist_return, false as is_assumed from core.session;
select security_id, session, delist_return
from core.delisting
where delist_return < -1 or not isfinite(delist_return)
