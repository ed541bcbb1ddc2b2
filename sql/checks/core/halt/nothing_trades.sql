-- No line that is halted has a usable price.
-- fails after:
insert into core.halt select security_id, first_session, null from core.security where first_session is not null;

select price.security_id, price.session
from core.halt as halt
join core.daily_price as price
    on price.security_id = halt.security_id and price.session >= halt.valid_from and (halt.valid_to is null or price.session < halt.valid_to)
where price.is_valid
