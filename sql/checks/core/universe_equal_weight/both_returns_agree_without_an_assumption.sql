-- Where no delisting return was assumed, leaving it out changes nothing; where one was, its weight is part of the whole.
-- fails after:
update core.universe_equal_weight set ew_return_ex_assumed = coalesce(ew_return, 0) + 0.01 where session = (select max(session) from core.universe_equal_weight);
select universe_id, session, basis, n_assumed, assumed_w, ew_return, ew_return_ex_assumed
from core.universe_equal_weight
where session >= $first
    and (
        (n_assumed = 0 and (is_assumption_material or ew_return_ex_assumed is distinct from ew_return))
        or n_assumed > n_used
        or assumed_w < 0
        or assumed_w > 1 + 1e-12
    )
