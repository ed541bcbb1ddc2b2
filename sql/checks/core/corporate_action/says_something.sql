-- A row splits, pays or says why it does not; amounts are sound.
-- fails after:
update core.corporate_action set split_ratio = 1, price_only_ratio = 1, cash_usd = 0, quarantine_reason = null;
select security_id, ex_session, split_ratio, price_only_ratio, cash_usd
from core.corporate_action
where split_ratio = 1 and price_only_ratio = 1 and cash_usd = 0 and quarantine_reason is null
    or not (split_ratio > 0 and isfinite(split_ratio) and price_only_ratio > 0 and isfinite(price_only_ratio))
    or not (cash_usd >= 0 and isfinite(cash_usd))
