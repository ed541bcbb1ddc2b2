-- No count in force is a thousand times the one before it, or a thousandth.
-- severity: warn
-- fails after:
insert into core.share_count by name
select security_id, max(known_from) + 1 as known_from, max(known_from) as as_of, 1000 * max_by(shares_fwd, known_from) as shares_fwd, 'reported' as kind,
    false as is_jump, 'A' as pit_grade
from core.share_count where shares_fwd is not null group by security_id;

with in_force as (
    select security_id, known_from, shares_fwd, lag(shares_fwd) over (partition by security_id order by known_from) as shares_before
    from core.share_count
    where shares_fwd is not null
)
select security_id, known_from, shares_fwd, shares_before
from in_force
where abs(log10(shares_fwd / shares_before)) > 2.9
