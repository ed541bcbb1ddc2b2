-- Closes and dollar volumes are positive and finite.
-- fails after:
update core.month_end_volume set dollar_volume_usd = 0;

select security_id, session, close_fwd_e9, dollar_volume_usd
from core.month_end_volume
where session >= $first and (close_fwd_e9 <= 0 or dollar_volume_usd <= 0 or not isfinite(dollar_volume_usd))
