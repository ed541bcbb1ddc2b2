-- No factor moves by more than a tenth in one session: beyond it, look for a bad print or a wrong share count.
-- severity: warn
-- fails after:
update mart.factor_return set ret = 0.2, long_ret = 0.2, short_ret = 0 where ret is not null;
select session, factor_id, variant, ret
from mart.factor_return
where abs(ret) > 0.1
