-- Every security that a symbol leads to has a latest symbol, which leads back to it.
-- fails after:
delete from core.last_symbol where security_id = (select min(security_id) from core.last_symbol);
select spell.security_id, spell.symbol
from core.symbol_interval as spell
left join core.last_symbol as last_symbol on last_symbol.security_id = spell.security_id
left join core.line_symbol as back
    on back.security_id = spell.security_id and back.symbol = last_symbol.symbol and back.valid_from = last_symbol.valid_from
where back.symbol is null
