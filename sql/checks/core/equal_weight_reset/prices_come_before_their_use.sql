-- Weights are made equal at prices that are known, after a close, and earn from the session after it on.
-- fails after:
update core.equal_weight_reset set reference_session = session;
select session, reset_session, reference_session
from core.equal_weight_reset
where reference_session > reset_session or reset_session >= session
