-- What a cohort is cut from is a given list or a universe made by size; a rule on other cohorts has no members.
-- severity: warn
-- fails after:
insert into raw.cohort_rule by name
select 'NOWHERE' as cohort_id, 'MINUS' as kind, 'ATLANTIS' as base_cohort_id, 'MAG7' as other_cohort_id, 'no such base' as label,
    source, load_id, fetched_at
from raw.cohort_rule where load_id = (select max(load_id) from raw.cohort_rule) limit 1;

with rule as (
    select cohort_id, kind, base_cohort_id, other_cohort_id
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
operand as (
    select cohort_id, base_cohort_id as universe_id from rule where base_cohort_id is not null
    union all
    select cohort_id, other_cohort_id from rule where kind in ('MINUS', 'AND')
)
select cohort_id, universe_id
from operand
where universe_id not in (select universe_id from raw.membership)
    and universe_id not in (select cohort_id from rule where kind not in ('MINUS', 'AND'))
