-- A distribution pays a positive amount, or says why it pays none.
-- fails after:
update core.distribution set cash_usd = null, quarantine_reason = null;
select security_id, ex_date, kind, cash_usd
from core.distribution
where quarantine_reason is null and not coalesce(cash_usd > 0 and isfinite(cash_usd), false)
