-- A count in doubt that is used says what cleared it, and one that is not used was not cleared.
-- fails after:
update core.share_count set doubted_by = 'TURNOVER';

select security_id, known_from, quarantine_reason, doubted_by, cleared_by
from core.share_count
where (doubted_by is null) <> (cleared_by is null) or (quarantine_reason is not null and cleared_by is not null)
