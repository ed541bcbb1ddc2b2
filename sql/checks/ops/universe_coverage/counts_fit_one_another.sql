-- Members are at least the expected, these are the priced and the missing, and the missing are named.
-- fails after:
update ops.universe_coverage set n_valid = n_valid - 1;
select session, universe_id, n_members, n_expected, n_valid, n_missing, missing
from ops.universe_coverage
where session >= $first and (
    n_expected > n_members or n_valid + n_missing <> n_expected or n_never_priced > n_missing or (n_missing > 0) <> (missing is not null)
)
