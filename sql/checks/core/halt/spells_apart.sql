-- A halt ends after it begins, and no two halts of a line overlap.
-- fails after:
insert into core.halt select security_id, first_session, first_session from core.security where first_session is not null;

with spell as (
    select security_id, valid_from, valid_to, lead(valid_from) over (partition by security_id order by valid_from) as next_from
    from core.halt
)
select security_id, valid_from, valid_to, next_from
from spell
where valid_to <= valid_from or valid_to > next_from or (valid_to is null and next_from is not null)
