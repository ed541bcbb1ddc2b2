-- A telling is refused for the sake of a price that is held.
-- fails after:
insert into core.unusable_bar by name
select security_id, 'X' as symbol, session, 0 as precedence, 'L' as load_id, 'NO_PRICE' as reason, true as is_refused, false as is_released
from core.daily_price limit 1;
select symbol, session, load_id from core.unusable_bar where session >= $first and is_refused and held_price is null
