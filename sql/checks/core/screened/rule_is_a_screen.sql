-- Whoever passes passes the tests of a SCREEN cohort, on a month end.
-- fails after:
update core.screened set cohort_id = 'MAG7';

select screened.cohort_id, screened.formation_session, screened.security_id
from core.screened as screened
left join raw.cohort_rule as rule
    on rule.cohort_id = screened.cohort_id and rule.kind = 'SCREEN' and rule.load_id = (select max(load_id) from raw.cohort_rule)
left join core.session as session on session.session = screened.formation_session and session.is_month_end
where screened.formation_session >= $first and (rule.cohort_id is null or session.session is null)
