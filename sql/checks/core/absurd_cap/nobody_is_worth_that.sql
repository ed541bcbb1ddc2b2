-- No line's price times shares is more than anybody is worth; its company has no market cap until price or count is put right.
-- severity: warn
-- fails after:
insert into core.absurd_cap
select security_id, issuer_id, session, 1e6, 1e12, 1e18 from core.market_cap where session = (select max(session) from core.market_cap);

select security_id, session, close_usd, shares, cap_usd
from core.absurd_cap
where session >= $first
