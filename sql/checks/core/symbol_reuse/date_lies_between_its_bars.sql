-- The date of a reuse lies behind the last bar before it and not behind the first one after it.
-- fails after:
insert into core.symbol_reuse by name
select 'X' as symbol, date '2020-01-02' as changed_on, 'x' as first_load_id, 'CONTINUED' as verdict, false as is_applied, date '2020-01-02' as last_before;
select symbol, changed_on, last_before, first_after
from core.symbol_reuse
where last_before >= changed_on or first_after < changed_on
