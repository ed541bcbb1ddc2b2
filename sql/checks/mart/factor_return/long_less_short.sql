-- A factor's return is its long leg less its short leg.
-- fails after:
update mart.factor_return set ret = ret + 0.001;
select session, factor_id, variant, ret, long_ret, short_ret
from mart.factor_return
where ret is not null and (long_ret is null or short_ret is null or not (abs(ret - (long_ret - short_ret)) <= 1e-12))
