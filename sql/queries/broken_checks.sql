-- Which checks found offending rows when they last ran?
select table_name, claim, is_blocking, n_offending, sample, checked_at
from ops.check_result
where not is_passed
order by is_blocking desc, table_name, claim
