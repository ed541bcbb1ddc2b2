-- On a session without an assumed delisting return the returns with and without the assumption are equal.
-- fails after:
update mart.breadth set cw_return_ex_assumed = coalesce(cw_return, 0) + 0.01 where session = (select max(session) from mart.breadth);
select universe_id, session, basis, n_assumed, cw_return, cw_return_ex_assumed, ew_return, ew_return_ex_assumed
from mart.breadth
where n_assumed = 0
    and coalesce(ew_assumed_w, 0) = 0
    and (
        cw_return_ex_assumed is distinct from cw_return
        or ew_return_ex_assumed is distinct from ew_return
        or ew_daily_return_ex_assumed is distinct from ew_daily_return
        or is_assumption_material
    )
