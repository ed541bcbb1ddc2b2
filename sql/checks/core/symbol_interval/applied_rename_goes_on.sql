-- A rename that is applied leaves one security: who had the old symbol until the change has the new one from then on.
-- severity: warn
-- fails after:
insert into core.symbol_rename by name
select min(symbol) as old_symbol, max(symbol) as new_symbol, date '2020-01-02' as changed_on, 'sabotage' as first_load_id,
    'SILENT' as verdict, true as is_applied, 0 as n_steps, 0 as n_equal, false as is_tail
from core.symbol_interval;
select rename.old_symbol, rename.new_symbol, rename.changed_on
from core.symbol_rename as rename
join core.symbol_interval as before
    on before.symbol = rename.old_symbol and before.valid_from < rename.changed_on
    and rename.changed_on <= coalesce(before.valid_to, date '9999-12-31')
join core.symbol_interval as after
    on after.symbol = rename.new_symbol and after.valid_from <= rename.changed_on
    and rename.changed_on < coalesce(after.valid_to, date '9999-12-31')
where rename.is_applied and before.security_id <> after.security_id
