-- A pair is of two lines, the smaller id first, and its equal moves are enough of all its large ones.
-- fails after:
insert into core.suspected_rename values (2, 1, (select max(session) from core.session), 3, 9, 0.0);
with param as (
    select
        max(value) filter (where name = 'identity.twin_min_moves') as min_moves,
        max(value) filter (where name = 'identity.twin_share') as least_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
)
select security_id, other_security_id, known_from, n_equal_moves, n_large_moves
from core.suspected_rename
cross join param
where known_from >= $first
    and (
        security_id >= other_security_id or n_equal_moves < min_moves or n_equal_moves > n_large_moves
        or n_equal_moves < least_share * n_large_moves
    )
