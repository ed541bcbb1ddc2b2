-- One row is the latest symbol of one security: the one it left last, or has.
-- key: security_id
create table core.last_symbol (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- its latest symbol
    matters_from date not null,         -- first date of which a bar or an action was served under it; 9999-12-31: none
    valid_from date not null            -- first date under it; 1900-01-01: since ever
);

insert into core.last_symbol by name
select spell.security_id, spell.symbol, spell.valid_from, line_symbol.matters_from
from core.symbol_interval as spell
join core.line_symbol as line_symbol on line_symbol.symbol = spell.symbol and line_symbol.valid_from = spell.valid_from
qualify row_number() over (
    partition by spell.security_id order by coalesce(spell.valid_to, date '9999-12-31') desc, spell.valid_from desc, spell.symbol
) = 1
order by spell.security_id;
