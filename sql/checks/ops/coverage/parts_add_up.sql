-- Expected is valid, missing, quarantined or stale.
-- fails after:
update ops.coverage set n_valid = n_valid + 1;
select session, kind, n_expected, n_valid, n_missing, n_quarantined, n_stale
from ops.coverage
where session >= $first and n_expected <> n_valid + n_missing + n_quarantined + n_stale
