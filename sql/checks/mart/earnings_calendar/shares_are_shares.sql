-- A company's share of its cohort lies within 0 and 1, and no report lies further ahead than the horizon.
-- fails after:
update mart.earnings_calendar set sessions_until = sessions_until + 1000 where session = (select max(session) from mart.earnings_calendar);
select session, cohort_id, event_id, sessions_until, share_of_cohort_cap
from mart.earnings_calendar
where session >= $first
    and (
        share_of_cohort_cap not between 0 and 1
        or sessions_until > (
            select max(value) from raw.method_param
            where name = 'calendar.horizon_sessions' and load_id = (select max(load_id) from raw.method_param)
        )
    )
