-- One row is one universe's return on one session on one price basis: cap-weighted (B.5) and the mean of its lines (C.7, ew_daily).
--
-- A member on t earns the return of t with its weight at the close of t-1. A line that has a cap but no price on t is held at its
-- last price: it adds nothing and is not counted as used. A return over a gap is booked on the session of the reappearance (0.6),
-- with the cap of its last price where that is older than a cap is carried; after more than ten sessions there is none. A delisting
-- return belongs to the session after the last trade (A.5). Sums run over whole numbers, so they are the same in any order.
-- How much of the whole cap a return rests on is coverage_w: companies without a believed cap count with what they are probably worth
-- (core.universe_weight), lines without a return with their cap.
-- Columns ending in _ex_assumed leave a line out on the session on which an assumed delisting return is booked, weight and all:
-- it ends at its last price. Where nothing was assumed they are equal to the columns without the ending, bit for bit.
-- key: universe_id, session, basis
create table core.universe_return (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- session whose return it is; members of that session
    basis varchar not null check (basis in ('price', 'total')), -- price-only or total return of the lines
    n_returns integer not null,         -- members with a return on the session
    n_weighted integer not null,        -- of them with a market cap at the close before
    n_assumed integer not null,         -- members whose return is an assumed delisting return (A.5)
    assumed_w double,                   -- cap of these at the close before over cap_usd, 0..1; NULL without caps
    is_assumption_material boolean not null, -- assumed_w or n_assumed / n_returns is above delist.material_share
    cap_usd double not null,            -- caps of the members at the close before, USD
    cap_used_usd double not null,       -- of them with a return on the session, USD
    n_unknown integer not null,         -- companies without a believed cap at the close before
    coverage_w double,                  -- share of the whole cap at the close before, the unknown estimated, that has a return, 0..1; NULL without caps
    cw_return double,                   -- cap-weighted return, decimal; NULL when no member has a cap
    ew_daily_return double,             -- simple mean of the members' returns, decimal; NULL when there is none
    cw_return_ex_assumed double,        -- cw_return of the members without an assumed delisting return, decimal; NULL when none of them has a cap
    ew_daily_return_ex_assumed double   -- mean return of the members without an assumed delisting return, decimal; NULL when there is none
);

insert into core.universe_return by name
with param as (
    select
        max(value) filter (where name = 'delist.material_share') as material_share,
        max(value) filter (where name = 'price.cap_fill_sessions') as fill_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
line_return as (
    -- A line that ended has a row without a price on the session after its last trade, with its delisting return.
    select
        security_id,
        session,
        case when (is_valid and not is_stale) or delisting.session is not null then price.price_return end as price_return,
        case when (is_valid and not is_stale) or delisting.session is not null then price.total_return end as total_return,
        coalesce(delisting.is_assumed, false) as is_assumed
    from core.daily_price as price
    left join core.delisting as delisting using (security_id, session)
    where session >= $first and session <= $last
),
cap_before as (
    select market_cap.security_id, session.session, market_cap.line_cap_usd
    from core.market_cap
    join core.session on session.previous_session = market_cap.session
    where session.session >= $first and session.session <= $last
    union all
    select back.security_id, back.session, market_cap.line_cap_usd
    from core.daily_price as back
    cross join param
    join core.session as left_off on left_off.session_no = back.session_no - back.gap_sessions
    join core.market_cap as market_cap on market_cap.security_id = back.security_id and market_cap.session = left_off.session
    where back.session >= $first and back.session <= $last and back.gap_sessions > param.fill_sessions + 1
    union all
    -- A line that was given up long after its last price weighs what it did then (A.9).
    select ended.security_id, ended.session, market_cap.line_cap_usd
    from core.delisting as ended
    cross join param
    join core.session as booked on booked.session = ended.session
    join core.session as left_off on left_off.session = ended.last_session
    join core.market_cap as market_cap on market_cap.security_id = ended.security_id and market_cap.session = left_off.session
    where ended.session >= $first and ended.session <= $last and booked.session_no - left_off.session_no > param.fill_sessions + 1
),
-- Caps in cents, contributions in 1e-8 USD, returns in 1e-15: rounding is far below what a double of the whole can show.
line as (
    select
        security_id,
        session,
        coalesce(is_assumed, false) as is_assumed,
        price_return is not null as has_price_return,
        total_return is not null as has_total_return,
        cap_before.line_cap_usd is not null as has_cap,
        cast(round(cap_before.line_cap_usd * 1e2) as bigint) as cap_e2,
        cast(round(cap_before.line_cap_usd * price_return * 1e8) as hugeint) as price_part_e8,
        cast(round(cap_before.line_cap_usd * total_return * 1e8) as hugeint) as total_part_e8,
        cast(round(price_return * 1e15) as hugeint) as price_return_e15,
        cast(round(total_return * 1e15) as hugeint) as total_return_e15
    from line_return
    full join cap_before using (security_id, session)
),
member_set as (
    select security_id, valid_from, valid_to, universe_ids, pit_grades, dense_rank() over (order by universe_ids, pit_grades) as set_no
    from core.membership_set
),
set_tally as (
    select
        member_set.set_no,
        line.session,
        count_if(has_price_return) as n_price,
        count_if(has_total_return) as n_total,
        count_if(has_price_return and has_cap) as n_price_weighted,
        count_if(has_total_return and has_cap) as n_total_weighted,
        sum(cap_e2) as cap_e2,
        sum(cap_e2) filter (where has_price_return) as price_cap_e2,
        sum(cap_e2) filter (where has_total_return) as total_cap_e2,
        sum(price_part_e8) as price_part_e8,
        sum(total_part_e8) as total_part_e8,
        sum(price_return_e15) as price_return_e15,
        sum(total_return_e15) as total_return_e15,
        -- An assumed return is the same on both bases.
        count_if(is_assumed) as n_assumed,
        sum(cap_e2) filter (where is_assumed) as assumed_cap_e2,
        sum(total_part_e8) filter (where is_assumed) as assumed_part_e8,
        sum(total_return_e15) filter (where is_assumed) as assumed_return_e15
    from line
    join member_set
        on member_set.security_id = line.security_id
        and line.session >= member_set.valid_from
        and (member_set.valid_to is null or line.session < member_set.valid_to)
    group by member_set.set_no, line.session
),
set_stay as (
    select set_no, unnest(any_value(universe_ids)) as universe_id
    from member_set
    group by set_no
),
tally as (
    select
        set_stay.universe_id, session,
        sum(n_price) as n_price, sum(n_total) as n_total,
        sum(n_price_weighted) as n_price_weighted, sum(n_total_weighted) as n_total_weighted,
        sum(cap_e2) as cap_e2, sum(price_cap_e2) as price_cap_e2,
        sum(total_cap_e2) as total_cap_e2, sum(price_part_e8) as price_part_e8,
        sum(total_part_e8) as total_part_e8, sum(price_return_e15) as price_return_e15,
        sum(total_return_e15) as total_return_e15, sum(n_assumed) as n_assumed,
        coalesce(sum(assumed_cap_e2), 0) as assumed_cap_e2, coalesce(sum(assumed_part_e8), 0) as assumed_part_e8,
        coalesce(sum(assumed_return_e15), 0) as assumed_return_e15
    from set_tally
    join set_stay using (set_no)
    group by set_stay.universe_id, session
),
-- At the close before, of the members of then; of the members of the day where nobody was in.
unknown as (
    select
        today.universe_id, today.session,
        case when before.unknown_w is null then today.n_unknown else before.n_unknown end as n_unknown,
        coalesce(before.unknown_w, today.unknown_w) as unknown_w
    from core.universe_weight as today
    join core.session as day on day.session = today.session
    left join core.universe_weight as before on before.universe_id = today.universe_id and before.session = day.previous_session
    where today.session >= $first and today.session <= $last
),
by_basis as (
    select universe_id, session, 'price' as basis, n_price as n_returns, n_price_weighted as n_weighted, cap_e2,
        price_cap_e2 as cap_used_e2, price_part_e8 as part_e8, price_return_e15 as return_e15,
        n_assumed, assumed_cap_e2, assumed_part_e8, assumed_return_e15
    from tally
    union all
    select universe_id, session, 'total' as basis, n_total as n_returns, n_total_weighted as n_weighted, cap_e2,
        total_cap_e2 as cap_used_e2, total_part_e8 as part_e8, total_return_e15 as return_e15,
        n_assumed, assumed_cap_e2, assumed_part_e8, assumed_return_e15
    from tally
)
select
    universe_id,
    session,
    basis,
    n_returns,
    n_weighted,
    n_assumed,
    (assumed_cap_e2 / 1e2) / nullif(cap_e2 / 1e2, 0) as assumed_w,
    n_assumed > param.material_share * n_returns or assumed_cap_e2 > param.material_share * coalesce(cap_e2, 0) as is_assumption_material,
    coalesce(cap_e2, 0) / 1e2 as cap_usd,
    coalesce(cap_used_e2, 0) / 1e2 as cap_used_usd,
    coalesce(unknown.n_unknown, 0) as n_unknown,
    case when unknown.unknown_w is not null and cap_e2 > 0
        then (1 - unknown.unknown_w) * ((coalesce(cap_used_e2, 0) / 1e2) / (cap_e2 / 1e2))
    end as coverage_w,
    case when n_weighted > 0 then (part_e8 / 1e8) / nullif(cap_e2 / 1e2, 0) end as cw_return,
    (return_e15 / 1e15) / nullif(n_returns, 0) as ew_daily_return,
    case when cap_used_e2 > assumed_cap_e2 then ((part_e8 - assumed_part_e8) / 1e8) / ((cap_e2 - assumed_cap_e2) / 1e2) end
        as cw_return_ex_assumed,
    ((return_e15 - assumed_return_e15) / 1e15) / nullif(n_returns - n_assumed, 0) as ew_daily_return_ex_assumed
from by_basis
cross join param
left join unknown using (universe_id, session)
order by session, universe_id, basis;
