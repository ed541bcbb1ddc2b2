-- Every symbol with bars belongs to a security.
-- fails after:
delete from core.line_symbol where symbol = (select min(symbol) from raw.price_bar);
select distinct symbol from raw.price_bar where symbol not in (select symbol from core.line_symbol)
