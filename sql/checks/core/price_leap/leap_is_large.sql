-- A bar is a leap if and only if it moved by more than price.large_move.
-- fails after:
insert into core.price_leap by name
select 1 as security_id, session, session_no, true as is_leap, false as is_unshown, 1.01 as growth from core.session;
select leap.security_id, leap.session, leap.growth
from core.price_leap as leap
cross join (
    select max(value) as large_move
    from raw.method_param
    where name = 'price.large_move' and load_id = (select max(load_id) from raw.method_param)
) as param
where leap.session >= $first and leap.is_leap is distinct from coalesce(abs(ln(leap.growth)) > ln(param.large_move), false)
