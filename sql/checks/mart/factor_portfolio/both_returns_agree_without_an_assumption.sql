-- Where no delisting return was assumed, leaving it out changes nothing; where one was, its name was held.
-- fails after:
update mart.factor_portfolio set ret_ex_assumed = ret + 0.01;
select session, factor_id, variant, portfolio, n_assumed, assumed_w, ret, ret_ex_assumed
from mart.factor_portfolio
where session >= $first
    and (
        (n_assumed = 0 and (is_assumption_material or ret_ex_assumed is distinct from ret))
        or n_assumed > n_with_return
        or (n_assumed > 0) <> coalesce(assumed_w > 0, false)
        or assumed_w > 1 + 1e-12
    )
