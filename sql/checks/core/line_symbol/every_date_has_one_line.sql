-- The spells of a symbol cover every date once.
-- fails after:
update core.line_symbol set valid_from = date '1990-01-01' where symbol = (select min(symbol) from core.line_symbol);
select symbol, valid_from, valid_to
from core.line_symbol
window life as (partition by symbol order by valid_from)
qualify valid_from <> coalesce(lag(valid_to) over life, date '1900-01-01')
    or valid_to <> coalesce(lead(valid_from) over life, date '9999-12-31')
