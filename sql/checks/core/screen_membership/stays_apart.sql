-- A stay ends after it begins, and no two stays of a security in one universe overlap.
-- fails after:
update core.screen_membership set valid_to = valid_from;

with stay as (
    select
        universe_id, security_id, valid_from, valid_to,
        lead(valid_from) over (partition by universe_id, security_id order by valid_from) as next_from
    from core.screen_membership
)
select universe_id, security_id, valid_from, valid_to, next_from
from stay
where valid_to <= valid_from or valid_to > next_from or (valid_to is null and next_from is not null)
