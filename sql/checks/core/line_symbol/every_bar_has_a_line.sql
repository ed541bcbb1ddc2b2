-- Every symbol with bars belongs to a security.
-- fails after:
delete from core.line_symbol where symbol = (select min(symbol) from core.served_symbol);
select symbol from core.served_symbol where symbol not in (select symbol from core.line_symbol)
