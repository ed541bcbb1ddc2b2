-- A name that is sorted passed every screen, has a value, and no reason to be left out; any other has a reason.
-- fails after:
update core.characteristic set value = null where is_eligible;
select formation_session, security_id, characteristic, value, exclusion_reason
from core.characteristic
where formation_session >= $first
    and (is_eligible <> (exclusion_reason is null) or (is_eligible and (value is null or not isfinite(value) or not is_screened)))
