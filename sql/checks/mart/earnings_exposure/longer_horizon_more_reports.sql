-- A longer horizon never holds fewer reports than a shorter one.
-- fails after:
update mart.earnings_exposure set n_reporting = n_reporting + 1000000 where horizon_sessions = (select min(horizon_sessions) from mart.earnings_exposure);
select short.cohort_id, short.session, short.horizon_sessions, short.n_reporting, long.horizon_sessions as longer, long.n_reporting as n_of_longer
from mart.earnings_exposure as short
join mart.earnings_exposure as long
    on long.cohort_id = short.cohort_id and long.session = short.session and long.horizon_sessions > short.horizon_sessions
where short.session >= $first and long.session >= $first
    and (short.n_reporting > long.n_reporting or short.exposure > long.exposure)
