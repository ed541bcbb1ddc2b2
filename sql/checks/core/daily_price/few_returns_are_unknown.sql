-- At most one close and one in a thousand of a session follow a close without a total return or a reason of their own.
-- severity: warn
-- fails after:
update core.daily_price set total_return = null, return_reason = 'UNTIED' where is_valid;
select session, count_if(return_reason in ('UNTIED', 'UNEXPLAINED')) as n_unknown, count(*) as n_valid
from core.daily_price
where session >= $first and is_valid
group by session
having count_if(return_reason in ('UNTIED', 'UNEXPLAINED')) > greatest(1, 0.001 * count(*))
