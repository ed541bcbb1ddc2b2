-- A calendar month ends on one session at most.
-- fails after:
update core.session set is_month_end = true;
select month_no, count(*) as n_ends from core.session where is_month_end group by month_no having count(*) > 1
