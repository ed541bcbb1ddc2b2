-- Before the day on which a cohort was chosen every member is HINDSIGHT_SELECTED, and the label is never on later days.
-- fails after:
update core.membership set bias_label = 'PIT_FULL';

with rule as (
    select cohort_id, hindsight_before
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
)
select member.universe_id, member.security_id, member.valid_from, member.valid_to, member.bias_label
from core.membership as member
left join rule on rule.cohort_id = member.universe_id
where (member.valid_from < rule.hindsight_before) <> (member.bias_label = 'HINDSIGHT_SELECTED')
    or (rule.hindsight_before is null and member.bias_label = 'HINDSIGHT_SELECTED')
