-- Weights come from an earlier reset at most four months ago, and the used ones are part of the whole.
-- fails after:
update core.universe_equal_weight set reset_session = session where session = (select max(session) from core.universe_equal_weight);
select universe_id, session, basis, reset_session, used_weight
from core.universe_equal_weight
where session >= $first
    and (reset_session >= session or session - reset_session > 120 or used_weight < 0 or used_weight > 1 + 1e-12 or n_used > n_held)
