-- Where no delisting return was assumed, leaving it out changes nothing; what is left out is long less short as well.
-- fails after:
update mart.factor_return set ret_ex_assumed = ret + 0.01;
select session, factor_id, variant, n_assumed, ret, ret_ex_assumed
from mart.factor_return
where (n_assumed = 0 and (is_assumption_material or ret_ex_assumed is distinct from ret))
    or abs(ret_ex_assumed - (long_ret_ex_assumed - short_ret_ex_assumed)) > 1e-12
    or n_assumed > n_used
