-- One row is one cohort or list under another: what the other is chosen from or combined of, to any depth.
--
-- No row of a cohort can be known better than the rows of what is under it (B.7). What a MINUS leaves out is not under it.
-- key: cohort_id, part_id
create table core.cohort_part (
    cohort_id varchar not null,         -- the cohort
    part_id varchar not null            -- a cohort or list that it is made of
);

insert into core.cohort_part by name
with recursive rule as (
    select cohort_id, kind, base_cohort_id, other_cohort_id
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
direct as (
    select cohort_id, base_cohort_id as part_id
    from rule
    where base_cohort_id is not null
    union
    select cohort_id, unnest(string_split(other_cohort_id, ' '))
    from rule
    where kind in ('AND', 'OR')
),
part as (
    select cohort_id, part_id from direct
    union
    select part.cohort_id, direct.part_id from part join direct on direct.cohort_id = part.part_id
)
select cohort_id, part_id
from part
order by cohort_id, part_id;
