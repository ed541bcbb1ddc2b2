-- A delisting return is no less than minus one and is finite.
-- fails after:
insert into core.delisting select -1, max(session), -1.5, false from core.session;
select security_id, session, delist_return
from core.delisting
where delist_return < -1 or not isfinite(delist_return)
