-- A line that is in a list on its last trading session is in it on the session that books its delisting return.
-- fails after:
update core.list_membership set valid_to = (select booked.session from core.session as booked join core.security as line on line.delist_session = booked.previous_session where line.security_id = list_membership.security_id) where valid_to is not null;

select stay.universe_id, stay.security_id, stay.valid_from, stay.valid_to
from core.list_membership as stay
join core.security as line on line.security_id = stay.security_id
join core.session as booking on booking.previous_session = line.delist_session
where line.delist_return is not null
    and stay.valid_from <= booking.previous_session and stay.valid_to > booking.previous_session and stay.valid_to <= booking.session
