-- A return is a positive finite growth from an earlier bar within reach.
-- fails after:
update core.price_bar set session_no_before = null;
select security_id, session, session_no_before, growth
from core.price_bar
where session >= $first and growth is not null
    and not coalesce(session_no_before < session_no and growth > 0 and isfinite(growth) and level_before > 0, false)
