-- Every security has a currency.
-- fails after:
delete from core.line_currency;

select symbol.security_id
from core.last_symbol as symbol
anti join core.line_currency as told on told.security_id = symbol.security_id
