-- The cap used is part of the cap, and no universe loses more than everything.
-- fails after:
update core.universe_return set cap_used_usd = cap_usd + 1 where session = (select max(session) from core.universe_return);
select universe_id, session, basis, cap_usd, cap_used_usd, cw_return, ew_daily_return
from core.universe_return
where session >= $first and (cap_used_usd > cap_usd or cap_used_usd < 0 or n_weighted > n_returns or cw_return < -1.000001 or ew_daily_return < -1.000001)
