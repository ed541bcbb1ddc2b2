-- Every row shows a date that was on show at the close of its session, for a report that was still to come.
-- fails after:
update mart.earnings_calendar set announced_on = announced_on + 1 where session = (select max(session) from mart.earnings_calendar);
select coming.session, coming.cohort_id, coming.event_id, coming.announced_on, coming.reaction_session
from mart.earnings_calendar as coming
left join core.earnings_date_vintage as shown
    on shown.event_id = coming.event_id
    and shown.announced_on = coming.announced_on
    and shown.reaction_session = coming.reaction_session
    and shown.known_from <= coming.session
    and (shown.known_to is null or coming.session < shown.known_to)
where coming.session >= $first and (shown.event_id is null or coming.reaction_session <= coming.session)
