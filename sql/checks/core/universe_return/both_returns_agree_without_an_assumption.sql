-- Where no delisting return was assumed, leaving it out changes nothing; where one was, its weight is part of the whole.
-- fails after:
update core.universe_return set cw_return_ex_assumed = coalesce(cw_return, 0) + 0.01 where session = (select max(session) from core.universe_return);
select universe_id, session, basis, n_assumed, assumed_w, cw_return, cw_return_ex_assumed
from core.universe_return
where session >= $first
    and (
        (n_assumed = 0 and is_assumption_material)
        or (n_assumed = 0 and cw_return_ex_assumed is distinct from cw_return)
        or (n_assumed = 0 and ew_daily_return_ex_assumed is distinct from ew_daily_return)
        or n_assumed > n_returns
        or assumed_w < 0
        or assumed_w > 1 + 1e-12
    )
