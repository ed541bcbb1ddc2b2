-- No date of a symbol belongs to two lines.
-- fails after:
update core.line_symbol set valid_to = valid_from where symbol = (select min(symbol) from core.line_symbol);
select symbol, valid_from, valid_to
from core.line_symbol
window life as (partition by symbol order by valid_from)
qualify valid_from < lag(valid_to) over life or valid_to <= valid_from
