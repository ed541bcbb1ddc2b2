-- Of the closes that follow a close, more than five and one in a hundred of a session without a total return have a reason of their own.
-- fails after:
update core.daily_price set total_return = null, return_reason = 'UNEXPLAINED' where is_valid;
select session, count_if(return_reason in ('UNTIED', 'UNEXPLAINED')) as n_unknown, count(*) as n_valid
from core.daily_price
where session >= $first and is_valid
group by session
having count_if(return_reason in ('UNTIED', 'UNEXPLAINED')) > greatest(5, 0.01 * count(*))
