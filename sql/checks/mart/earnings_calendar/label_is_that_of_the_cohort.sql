-- No row has a better label than its cohort has on the session (B.7).
-- fails after:
update mart.earnings_calendar set bias_label = 'ETF' where session = (select max(session) from mart.earnings_calendar);
select coming.session, coming.cohort_id, coming.event_id, coming.bias_label, cohort.bias_label as cohort_label
from mart.earnings_calendar as coming
join core.cohort_cap as cohort on cohort.cohort_id = coming.cohort_id and cohort.session = coming.session
join core.bias_label as of_row on of_row.bias_label = coming.bias_label
join core.bias_label as of_cohort on of_cohort.bias_label = cohort.bias_label
where coming.session >= $first and of_row.badness < of_cohort.badness
