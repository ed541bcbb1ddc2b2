-- A symbol that is missed all along is no symbol of a line with bars.
-- fails after:
insert into core.membership_gap select 'SP500', symbol, date '1900-01-01', null from core.security where first_session is not null;

select gap.universe_id, gap.symbol, gap.valid_from
from core.membership_gap as gap
join core.symbol_interval as spell on spell.symbol = gap.symbol and spell.valid_to is null and spell.valid_from <= gap.valid_from
join core.security as line on line.security_id = spell.security_id
where gap.valid_to is null and line.first_session is not null
