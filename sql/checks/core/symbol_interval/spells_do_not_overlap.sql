-- On one date a symbol stands for one security.
-- fails after:
insert into core.symbol_interval by name
select security_id + 1 as security_id, symbol, valid_from + 1 as valid_from, valid_to from core.symbol_interval;
select symbol, valid_from, valid_to
from core.symbol_interval
qualify coalesce(valid_to, date '9999-12-31') > lead(valid_from) over (partition by symbol order by valid_from)
