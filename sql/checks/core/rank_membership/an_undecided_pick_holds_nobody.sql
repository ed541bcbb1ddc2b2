-- Nobody is in a cohort on the session after a month end on which its largest could not be told.
-- fails after:
update core.top_pick set is_decided = false;

select pick.cohort_id, pick.session, stay.security_id
from core.top_pick as pick
join core.session as next_session on next_session.previous_session = pick.session
join core.rank_membership as stay
    on stay.universe_id = pick.cohort_id and stay.valid_from <= next_session.session
    and (stay.valid_to is null or next_session.session < stay.valid_to)
left join core.delisting as ended on ended.security_id = stay.security_id and ended.session = next_session.session
where not pick.is_decided and ended.session is null
