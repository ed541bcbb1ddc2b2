-- No line in another currency than USD has a price in USD.
-- fails after:
update core.line set currency = 'JPY';

select price.security_id, price.session, price.close_usd
from core.daily_price as price
join core.line as line on line.security_id = price.security_id
where price.session >= $first and line.kind <> 'INDEX' and line.currency <> 'USD' and (price.is_valid or price.close_usd is not null)
