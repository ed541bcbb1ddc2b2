-- Every universe has its row on every session from the first one on, and a reason where nobody is in (0.4).
-- fails after:
delete from core.member_count where universe_id = (select min(universe_id) from core.member_count);
with wanted as (
    select cohort_id as universe_id from raw.cohort_rule where load_id = (select max(load_id) from raw.cohort_rule)
    union
    select universe_id from core.membership
),
day as (
    select distinct session from core.member_count where session >= $first
)
select wanted.universe_id, day.session
from wanted
cross join day
left join core.member_count as count on count.universe_id = wanted.universe_id and count.session = day.session
where count.universe_id is null or (count.n_lines + count.n_gaps = 0) <> (count.null_reason is not null)
