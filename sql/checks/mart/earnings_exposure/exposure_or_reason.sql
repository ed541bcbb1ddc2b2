-- Exposure is NULL exactly when there is a reason; shares lie within 0 and 1; used and missing add up to the members.
-- fails after:
update mart.earnings_exposure set null_reason = case when exposure is null then null else 'LOW_COVERAGE' end where session = (select max(session) from mart.earnings_exposure);
select cohort_id, session, horizon_sessions, exposure, null_reason, count_share, confirmed_share, unknown_w
from mart.earnings_exposure
where session >= $first
    and (
        (exposure is null) <> (null_reason is not null)
        or exposure not between 0 and 1
        or count_share not between 0 and 1
        or confirmed_share not between 0 and 1
        or unknown_w not between 0 and 1
        or n_used + n_missing <> n_members
        or n_reporting > n_used
    )
