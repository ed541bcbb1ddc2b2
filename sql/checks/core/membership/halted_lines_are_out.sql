-- A line that does not trade is in no universe while its halt lasts.
-- fails after:
insert into core.halt select security_id, valid_from, null from core.membership;

select stay.universe_id, stay.security_id, halt.valid_from, halt.valid_to
from core.halt as halt
join core.membership as stay
    on stay.security_id = halt.security_id
    and stay.valid_from < coalesce(halt.valid_to, date '9999-12-31') and halt.valid_from < coalesce(stay.valid_to, date '9999-12-31')
