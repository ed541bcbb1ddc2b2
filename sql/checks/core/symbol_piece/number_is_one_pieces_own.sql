-- A number stands for one piece of one symbol.
-- fails after:
update core.symbol_piece set number = 1 where number is not null;
select number, count(*) as n from core.symbol_piece where number is not null group by number having count(*) > 1
