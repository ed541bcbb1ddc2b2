-- No two lines move alike over a year: if any do, one company has two symbols that no source called a rename (A.9).
-- severity: warn
-- fails after:
insert into core.suspected_rename values (1, 2, (select max(session) from core.session), 9, 9, 0.0);
select pair.known_from, first_line.symbol, second_line.symbol as other_symbol, pair.n_equal_moves
from core.suspected_rename as pair
left join core.last_symbol as first_line on first_line.security_id = pair.security_id
left join core.last_symbol as second_line on second_line.security_id = pair.other_security_id
