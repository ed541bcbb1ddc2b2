-- No row lies behind the session after the last one of a line that ended.
-- fails after:
update core.line set valid_to = date '1900-01-02';
select price.security_id, price.session
from core.daily_price as price
join core.line as line on line.security_id = price.security_id
where price.session >= $first and price.session > line.valid_to
