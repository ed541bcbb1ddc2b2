-- At most one bar in a hundred of a session is in quarantine (sessions of 100 bars and more).
-- severity: warn
-- fails after:
update core.daily_price set is_valid = false, quarantine_reason = 'SUSPECT_SPLIT';
select session, count(quarantine_reason) as n_quarantined, count(*) as n_rows
from core.daily_price
where session >= $first and not is_stale
group by session
having count(quarantine_reason) > 0.01 * greatest(count(*), 100)
