-- A member of a list may be held exactly when nothing excludes it.
-- fails after:
update core.size_list set exclusion_reason = 'NO_PRICE' where is_eligible;
select formation_session, security_id, exclusion_reason
from core.size_list
where formation_session >= $first and is_eligible <> (exclusion_reason is null)
