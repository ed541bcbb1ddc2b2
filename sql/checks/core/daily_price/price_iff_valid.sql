-- A price is there if and only if the row is valid and has more than an adjusted close.
-- fails after:
update core.daily_price set close_usd = null where session = (select max(session) from core.daily_price);
select security_id, session, close_usd, is_valid
from core.daily_price
where session >= $first and (close_usd is not null) <> (is_valid and not is_adjusted_only)
