-- Two spells of one line never overlap, none is empty, and every universe of a set has its grade.
-- fails after:
update core.membership_set set valid_to = valid_from where valid_from = (select max(valid_from) from core.membership_set);
with spell as (
    select security_id, valid_from, valid_to, universe_ids, pit_grades, counted_ids, counted_grades,
        lead(valid_from) over (partition by security_id order by valid_from) as next_from
    from core.membership_set
)
select security_id, valid_from, valid_to
from spell
where valid_to <= valid_from or (next_from is not null and (valid_to is null or valid_to > next_from))
    or len(universe_ids) <> len(pit_grades) or len(universe_ids) = 0
    or len(counted_ids) <> len(counted_grades) or len(counted_ids) > len(universe_ids)
