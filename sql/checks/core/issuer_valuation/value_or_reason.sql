-- Earnings are NULL if and only if there is a reason, on both bases.
-- fails after:
update core.issuer_valuation set gaap_null_reason = null, earnings_gaap_usd = null;

select issuer_id, session, street_null_reason, gaap_null_reason
from core.issuer_valuation
where session >= $first
    and ((earnings_street_usd is null) <> (street_null_reason is not null) or (earnings_gaap_usd is null) <> (gaap_null_reason is not null))
