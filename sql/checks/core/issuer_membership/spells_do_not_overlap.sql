-- Two spells of one company in one cohort never overlap, and none is empty.
-- fails after:
update core.issuer_membership set valid_to = valid_from where valid_from = (select max(valid_from) from core.issuer_membership);
with spell as (
    select universe_id, issuer_id, valid_from, valid_to,
        lead(valid_from) over (partition by universe_id, issuer_id order by valid_from) as next_from
    from core.issuer_membership
)
select universe_id, issuer_id, valid_from, valid_to
from spell
where valid_to <= valid_from or (next_from is not null and (valid_to is null or valid_to > next_from))
