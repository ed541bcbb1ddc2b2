-- How much of each cohort's market cap reports earnings within the next 10 sessions, and how sure are the dates?
select
    cohort_id,
    session,
    exposure,
    null_reason,
    count_share,
    confirmed_share,
    unknown_w,
    n_reporting,
    n_members,
    pit_grade,
    bias_label
from mart.earnings_exposure
where session = (select max(session) from mart.earnings_exposure) and horizon_sessions = 10
order by exposure desc nulls last, cohort_id
