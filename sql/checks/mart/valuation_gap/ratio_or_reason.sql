-- The ratio is pe_a / pe_b and the log gap its logarithm; both are NULL exactly when there is a reason.
-- fails after:
update mart.valuation_gap set ratio = ratio * 1.1 where session = (select max(session) from mart.valuation_gap where ratio is not null);
select cohort_a, cohort_b, session, measure, basis, pe_a, pe_b, ratio, log_gap, null_reason
from mart.valuation_gap
where session >= $first
    and (
        (ratio is null) <> (null_reason is not null)
        or (ratio is null) <> (log_gap is null)
        or abs(ratio * pe_b / nullif(pe_a, 0) - 1) > 1e-9
        or abs(exp(log_gap) / nullif(ratio, 0) - 1) > 1e-9
    )
