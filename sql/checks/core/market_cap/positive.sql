-- Price, shares and caps are positive and finite.
-- fails after:
update core.market_cap set line_cap_usd = 0;

select security_id, session, close_usd, shares, line_cap_usd
from core.market_cap
where session >= $first and not (close_usd > 0 and shares > 0 and line_cap_usd > 0 and isfinite(line_cap_usd) and isfinite(issuer_cap_usd))
