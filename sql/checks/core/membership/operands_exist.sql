-- What a cohort is cut from is a list that a source brings, or another cohort; a rule on nothing has no members.
-- severity: warn
-- fails after:
insert into raw.cohort_rule by name
select 'NOWHERE' as cohort_id, 'MINUS' as kind, 'ATLANTIS' as base_cohort_id, 'MAG7' as other_cohort_id, 'no such base' as label,
    source, load_id, fetched_at
from raw.cohort_rule where load_id = (select max(load_id) from raw.cohort_rule) limit 1;

with rule as (
    select cohort_id, base_cohort_id, other_cohort_id
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
operand as (
    select cohort_id, base_cohort_id as universe_id from rule where base_cohort_id is not null
    union all
    select cohort_id, unnest(string_split(other_cohort_id, ' ')) from rule where other_cohort_id is not null
)
select cohort_id, universe_id
from operand
where universe_id not in (select universe_id from raw.membership)
    and universe_id not in (select cohort_id from rule)
