-- A symbol that another company took leads to another security than before.
-- fails after:
insert into core.symbol_reuse by name
select
    symbol, date '2020-01-02' as changed_on, 'x' as first_load_id, 'ENDED' as verdict, true as is_applied,
    date '2019-12-31' as last_before, date '2020-01-02' as first_after
from core.symbol_piece
where number = 1;
select reuse.symbol, reuse.changed_on, after.security_id
from core.symbol_reuse as reuse
join core.symbol_interval as before
    on before.symbol = reuse.symbol and before.valid_from <= reuse.last_before
    and (before.valid_to is null or reuse.last_before < before.valid_to)
join core.symbol_interval as after
    on after.symbol = reuse.symbol and after.valid_from <= reuse.changed_on
    and (after.valid_to is null or reuse.changed_on < after.valid_to)
where reuse.is_applied and before.security_id = after.security_id
