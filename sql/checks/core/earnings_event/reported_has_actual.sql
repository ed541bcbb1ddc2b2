-- An event is REPORTED if and only if its actual is there, and what is known has a session on which it became known.
-- fails after:
update core.earnings_event set eps_actual_fwd = null, known_session = null;

select event_id, status, eps_actual_fwd, known_session, reaction_session
from core.earnings_event
where (status = 'REPORTED') <> (eps_actual_fwd is not null) or (status = 'REPORTED' and reaction_session is not null and known_session is null
    and announced_on < (select max(session) from core.session))
