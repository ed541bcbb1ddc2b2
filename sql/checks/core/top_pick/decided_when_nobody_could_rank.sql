-- A pick is decided exactly when none of the unknown could be among the chosen.
-- fails after:
update core.top_pick set is_decided = not is_decided;

select cohort_id, session, n_known, n_unknown, n_could_rank, is_decided
from core.top_pick
where session >= $first and (is_decided <> (n_could_rank = 0) or n_could_rank > n_unknown or n_could_rank < 0)
