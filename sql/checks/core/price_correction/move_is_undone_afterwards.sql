-- A correction is decided after the bars it takes out, by a move back.
-- fails after:
insert into core.price_correction by name
select
    1 as security_id, session, session_no, 'REVERSED' as reason, session as first_session, session as decided_session,
    1.0 as move, 0.5 as move_back, false as is_released
from core.session;
select security_id, session, decided_session, move, move_back
from core.price_correction
where not (first_session <= session and session < decided_session and move * move_back < 0)
