-- Names expected are names used and names missed, and coverage is their ratio.
-- fails after:
update mart.factor_return set n_missing = n_missing + 1;
select session, factor_id, variant, n_expected, n_used, n_missing, coverage_n
from mart.factor_return
where n_expected <> n_used + n_missing or n_expected <> n_long + n_short or (n_expected > 0) <> (coverage_n is not null)
