-- A bar that was found to be a bad print has no price and no return.
-- fails after:
insert into core.price_correction by name
select
    security_id, session, session_no, 'REVERSED' as reason, session as first_session, session + 1 as decided_session,
    1.0 as move, -0.5 as move_back, false as is_released
from core.daily_price
where is_valid;
select price.security_id, price.session, price.close_usd, price.price_return
from core.daily_price as price
join core.price_correction as correction
    on correction.security_id = price.security_id and correction.session = price.session and not correction.is_released
where price.session >= $first and (price.is_valid or price.close_usd is not null or price.price_return is not null)
