-- Nobody is a member on the session of its exit, but who fell silent.
-- fails after:
update core.membership_exit set session = session - 1;

select gone.session, gone.universe_id, gone.security_id
from core.membership_exit as gone
join core.membership as stay
    on stay.universe_id = gone.universe_id and stay.security_id = gone.security_id
    and stay.valid_from <= gone.session and (stay.valid_to is null or gone.session < stay.valid_to)
where gone.exit_reason <> 'HALT'
