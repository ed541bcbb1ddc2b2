-- Nobody who has a market cap is estimated, and every estimate is an amount.
-- fails after:
insert into core.cap_estimate (issuer_id, session, method, cap_usd) select issuer_id, session, 'LAST_CAP', issuer_cap_usd from core.market_cap where is_primary and session = (select max(session) from core.market_cap) limit 1;

select estimate.issuer_id, estimate.session, estimate.method, estimate.cap_usd
from core.cap_estimate as estimate
left join core.market_cap as cap on cap.issuer_id = estimate.issuer_id and cap.session = estimate.session and cap.is_primary and cap.session >= $first
where estimate.session >= $first and (cap.issuer_id is not null or not isfinite(estimate.cap_usd) or estimate.cap_usd <= 0)
