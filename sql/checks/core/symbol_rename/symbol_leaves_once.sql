-- On one date a symbol is left for one other at most.
-- fails after:
insert into core.symbol_rename by name
select symbol as old_symbol, unnest(['A', 'B']) as new_symbol, date '2020-01-02' as changed_on, 'sabotage' as first_load_id,
    'SILENT' as verdict, true as is_applied, 0 as n_steps, 0 as n_equal, false as is_tail
from (select min(symbol) as symbol from raw.price_bar);
select old_symbol, changed_on, count(*) as n from core.symbol_rename where is_applied group by old_symbol, changed_on having count(*) > 1
