-- A predecessor is told of where a rename that is applied gave the line its symbol.
-- fails after:
insert into core.symbol_predecessor by name
select symbol, date '1950-01-01' as changed_on, security_id, date '1950-01-01' as known_from, 1 as shares_before_fwd, 3 as shares_after_fwd from core.security;

select told.symbol, told.changed_on
from core.symbol_predecessor as told
anti join core.symbol_rename as rename
    on rename.new_symbol = told.symbol and rename.changed_on = told.changed_on and rename.is_applied
