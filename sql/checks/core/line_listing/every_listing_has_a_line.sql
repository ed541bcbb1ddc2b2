-- Every symbol that a listing names has a listing with its line.
-- fails after:
delete from core.line_listing where symbol = (select min(symbol) from core.line_listing);
select distinct symbol from raw.listing where symbol not in (select symbol from core.line_listing)
