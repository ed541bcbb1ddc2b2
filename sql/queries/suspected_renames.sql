-- Which two symbols move as one company does, though no source called them a rename?
select
    coalesce(first_line.symbol, cast(pair.security_id as varchar)) as symbol,
    coalesce(second_line.symbol, cast(pair.other_security_id as varchar)) as other_symbol,
    pair.known_from,
    pair.n_equal_moves,
    pair.n_large_moves
from core.suspected_rename as pair
left join core.last_symbol as first_line on first_line.security_id = pair.security_id
left join core.last_symbol as second_line on second_line.security_id = pair.other_security_id
order by pair.known_from, symbol, other_symbol
