-- Nothing loses more than everything, and a total return is not below the price return.
-- fails after:
update core.daily_price set total_return = price_return - 0.01 where price_return is not null;
select security_id, session, price_return, total_return
from core.daily_price
where session >= $first
    and (not coalesce(price_return >= -1 and isfinite(price_return), true) or total_return < price_return - 1e-9 or total_return < -1)
