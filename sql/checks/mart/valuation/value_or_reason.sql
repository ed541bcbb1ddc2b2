-- A value is NULL exactly when there is a reason, and is never infinite or NaN.
-- fails after:
update mart.valuation set value = null where session = (select max(session) from mart.valuation where value is not null);
select cohort_id, session, measure, basis, value, null_reason
from mart.valuation
where session >= $first and ((value is null) <> (null_reason is not null) or not isfinite(coalesce(value, 0)))
