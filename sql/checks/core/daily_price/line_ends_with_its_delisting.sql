-- No row lies behind the session after the last one of a line that ended.
-- fails after:
update core.security set delist_session = date '1900-01-02';
select price.security_id, price.session
from core.daily_price as price
join core.security as security on security.security_id = price.security_id
join core.session as session on session.session = price.session
where price.session >= $first and session.previous_session > security.delist_session
