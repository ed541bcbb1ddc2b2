-- One row is one pair of lines that moved alike over a year: one company under two symbols, whose rename no source told (A.9).
--
-- Large moves are those of identity.twin_move or more on a session on which both lines have a return of one session. Within
-- identity.twin_sessions at least identity.twin_min_moves of them are equal to identity.twin_tolerance, and these are at least
-- identity.twin_share of all large moves of either. Share classes of one company move alike, but not so nearly. The pair is reported on
-- the first session that completes this, and stays: nothing is joined by it. Tell the rename, or leave one of the symbols out.
-- may be empty: every rename may be told
-- key: security_id, other_security_id
create table core.suspected_rename (
    security_id integer not null,       -- the line with the smaller id
    other_security_id integer not null, -- the other line
    known_from date not null,           -- session that completes the evidence; the numbers are of then
    n_equal_moves integer not null,     -- large moves of the sessions up to then that are equal
    n_large_moves integer not null,     -- of these sessions those on which either line made a large move
    largest_difference double not null  -- largest difference of two equal moves, decimal
);

insert into core.suspected_rename by name
with param as (
    select
        max(value) filter (where name = 'identity.twin_move') as least_move,
        max(value) filter (where name = 'identity.twin_tolerance') as tolerance,
        max(value) filter (where name = 'identity.twin_min_moves') as min_moves,
        max(value) filter (where name = 'identity.twin_share') as least_share,
        cast(max(value) filter (where name = 'identity.twin_sessions') as integer) as n_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
move as (
    select
        price.security_id, price.session, price.session_no, coalesce(price.total_return, price.price_return) as move,
        cast(floor(coalesce(price.total_return, price.price_return) / param.tolerance) as bigint) as step
    from core.daily_price as price
    cross join param
    join core.line as line on line.security_id = price.security_id and line.kind = 'EQUITY'
    where price.is_valid and price.gap_sessions = 1 and abs(coalesce(price.total_return, price.price_return)) >= param.least_move
        and price.session_no > (select min(session_no) from core.session where session >= $first) - param.n_sessions
        and price.session <= $last
),
-- Moves that are equal lie on one step of the tolerance or on neighbours.
near as (
    select security_id, session, move, unnest([step - 1, step, step + 1]) as step from move
),
equal_move as (
    select
        move.security_id, near.security_id as other_security_id, move.session, move.session_no,
        abs(move.move - near.move) as difference
    from move
    join near on near.session = move.session and near.step = move.step and near.security_id > move.security_id
    cross join param
    where abs(move.move - near.move) <= param.tolerance
),
-- Few pairs have so many; sessions on which one of them has them behind it, as far as the window reaches.
frequent as (
    select equal_move.security_id, equal_move.other_security_id
    from equal_move
    anti join (select security_id, other_security_id from core.suspected_rename where known_from < $first) as told
        on told.security_id = equal_move.security_id and told.other_security_id = equal_move.other_security_id
    group by equal_move.security_id, equal_move.other_security_id
    having count(*) >= (select min_moves from param)
),
hit as (
    select
        later.security_id, later.other_security_id, later.session, later.session_no,
        count(*) as n_equal, max(earlier.difference) as largest_difference
    from equal_move as later
    join frequent using (security_id, other_security_id)
    join equal_move as earlier
        on earlier.security_id = later.security_id and earlier.other_security_id = later.other_security_id
        and earlier.session_no <= later.session_no
    cross join param
    where later.session >= $first and earlier.session_no > later.session_no - param.n_sessions
    group by later.security_id, later.other_security_id, later.session, later.session_no
    having count(*) >= any_value(param.min_moves)
),
-- Every large move of either line of such a pair on a session on which both have a return.
pair as (
    select distinct security_id, other_security_id from hit
),
moved as (
    select pair.security_id, pair.other_security_id, move.session, move.session_no, pair.other_security_id as still_id
    from pair
    join move on move.security_id = pair.security_id
    union all
    select pair.security_id, pair.other_security_id, move.session, move.session_no, pair.security_id
    from pair
    join move on move.security_id = pair.other_security_id
),
met as (
    select distinct moved.security_id, moved.other_security_id, moved.session_no
    from moved
    join core.daily_price as price
        on price.security_id = moved.still_id and price.session = moved.session
        and price.is_valid and price.gap_sessions = 1 and coalesce(price.total_return, price.price_return) is not null
),
judged as (
    select
        hit.security_id, hit.other_security_id, hit.session,
        any_value(hit.n_equal) as n_equal, count(*) as n_large, any_value(hit.largest_difference) as largest_difference
    from hit
    join met on met.security_id = hit.security_id and met.other_security_id = hit.other_security_id and met.session_no <= hit.session_no
    cross join param
    where met.session_no > hit.session_no - param.n_sessions
    group by hit.security_id, hit.other_security_id, hit.session
    having any_value(hit.n_equal) >= any_value(param.least_share) * count(*)
)
select
    security_id,
    other_security_id,
    min(session) as known_from,
    cast(arg_min(n_equal, session) as integer) as n_equal_moves,
    cast(arg_min(n_large, session) as integer) as n_large_moves,
    arg_min(largest_difference, session) as largest_difference
from judged
group by security_id, other_security_id
order by security_id, other_security_id;
