-- One row is the return of a universe with quarterly equal weights on one session on one price basis (C.7, ew_quarterly; S&P EWI).
--
-- Weights come from core.equal_weight_holding and drift with price-only returns. Lines without a price are held at the last one for
-- up to 10 sessions and add nothing (0.6); then they are out until they trade again. A delisting return is booked on the session after
-- the last trade (A.5). Column ew_return_ex_assumed leaves a line out on the session on which an assumed delisting return is booked,
-- weight and all: it ends at its last price. Where nothing was assumed it is equal to ew_return, bit for bit.
-- seldom empty: the history may be too short for a reset
-- key: universe_id, session, basis
create table core.universe_equal_weight (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- session whose return it is
    basis varchar not null check (basis in ('price', 'total')), -- price-only or total return of the lines
    reset_session date not null,        -- close after which the weights were last made equal
    n_held integer not null,            -- member lines that carry weight
    n_used integer not null,            -- of them with a return on the session
    n_assumed integer not null,         -- of them with an assumed delisting return (A.5)
    used_weight double not null,        -- weight of the used, 0..1
    assumed_w double not null,          -- weight of the assumed, 0..1
    is_assumption_material boolean not null, -- assumed_w is above delist.material_share
    ew_return double not null,          -- return, decimal; held lines without a price on the session add nothing
    ew_return_ex_assumed double         -- the same of the lines without an assumed delisting return, decimal; NULL when there is none
);

insert into core.universe_equal_weight by name
with param as (
    select max(value) filter (where name = 'delist.material_share') as material_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
calendar as (
    select session.session, reset.reset_session
    from core.session
    asof join core.equal_weight_reset as reset on session.session >= reset.session
    where session.session >= $first and session.session <= $last
),
lookback as (
    select session
    from core.session
    where session <= $last and session_no >= (select min(session_no) - 10 from core.session where session >= $first)
),
-- A line that ended has a row without a price on the session after its last trade, with its delisting return.
line_return as (
    select
        security_id,
        session,
        case when is_valid and not is_stale then close_fwd_e9 end as close_fwd_e9,
        case when (is_valid and not is_stale) or delisting.session is not null then price.price_return end as price_return,
        case when (is_valid and not is_stale) or delisting.session is not null then price.total_return end as total_return,
        coalesce(delisting.is_assumed, false) as is_assumed
    from core.daily_price as price
    join lookback using (session)
    left join core.delisting as delisting using (security_id, session)
),
-- A line that was given up long after its last price weighs what it did then (A.9).
given_up as (
    select ended.security_id, ended.session, price.close_fwd_e9
    from core.delisting as ended
    join core.daily_price as price on price.security_id = ended.security_id and price.session = ended.last_session
    where ended.session >= $first and ended.session <= $last and price.is_valid
),
line as (
    select
        line_return.*,
        coalesce(
            last_value(line_return.close_fwd_e9 ignore nulls) over (
                partition by line_return.security_id order by line_return.session rows between 10 preceding and 1 preceding
            ),
            given_up.close_fwd_e9
        ) as close_before_e9
    from line_return
    left join given_up on given_up.security_id = line_return.security_id and given_up.session = line_return.session
),
holding as (
    select
        holding.universe_id, holding.security_id, holding.session as valid_from, holding.reset_session, holding.value_per_price,
        -- Until the line leaves or takes another weight after the same reset.
        coalesce(
            least(
                stay.valid_to,
                lead(holding.session) over (
                    partition by holding.universe_id, holding.security_id, holding.stay_from, holding.reset_session order by holding.session
                )
            ),
            date '9999-12-31'
        ) as valid_to
    from core.equal_weight_holding as holding
    join core.universe_stay as stay
        on stay.universe_id = holding.universe_id and stay.security_id = holding.security_id and stay.valid_from = holding.stay_from
),
-- Values in 1e-12 of an issuer's value at the reset, value times return in 1e-15.
part as (
    select
        holding.universe_id,
        line.session,
        calendar.reset_session,
        line.is_assumed,
        line.price_return is not null as has_price_return,
        line.total_return is not null as has_total_return,
        cast(round(holding.value_per_price * line.close_before_e9 * 1e12) as hugeint) as value_e12,
        cast(round(holding.value_per_price * line.close_before_e9 * line.price_return * 1e15) as hugeint) as price_part_e15,
        cast(round(holding.value_per_price * line.close_before_e9 * line.total_return * 1e15) as hugeint) as total_part_e15
    from line
    join calendar using (session)
    join holding
        on holding.security_id = line.security_id
        and holding.reset_session = calendar.reset_session
        and line.session >= holding.valid_from
        and line.session < holding.valid_to
    where line.close_before_e9 > 0
),
tally as (
    select
        universe_id,
        session,
        reset_session,
        count(*) as n_held,
        count_if(has_price_return) as n_price,
        count_if(has_total_return) as n_total,
        count_if(is_assumed) as n_assumed,
        sum(value_e12) as value_e12,
        sum(value_e12) filter (where has_price_return) as price_value_e12,
        sum(value_e12) filter (where has_total_return) as total_value_e12,
        coalesce(sum(value_e12) filter (where is_assumed), 0) as assumed_value_e12,
        sum(price_part_e15) as price_part_e15,
        sum(total_part_e15) as total_part_e15,
        -- An assumed return is the same on both bases.
        coalesce(sum(total_part_e15) filter (where is_assumed), 0) as assumed_part_e15
    from part
    group by universe_id, session, reset_session
),
by_basis as (
    select universe_id, session, 'price' as basis, reset_session, n_held, n_price as n_used, n_assumed, value_e12, assumed_value_e12,
        coalesce(price_value_e12, 0) as used_value_e12, coalesce(price_part_e15, 0) as part_e15, assumed_part_e15
    from tally
    union all
    select universe_id, session, 'total' as basis, reset_session, n_held, n_total as n_used, n_assumed, value_e12, assumed_value_e12,
        coalesce(total_value_e12, 0) as used_value_e12, coalesce(total_part_e15, 0) as part_e15, assumed_part_e15
    from tally
)
select
    universe_id,
    session,
    basis,
    reset_session,
    n_held,
    n_used,
    n_assumed,
    used_value_e12 / cast(value_e12 as double) as used_weight,
    assumed_value_e12 / cast(value_e12 as double) as assumed_w,
    assumed_value_e12 > param.material_share * value_e12 as is_assumption_material,
    part_e15 / 1e3 / value_e12 as ew_return,
    (part_e15 - assumed_part_e15) / 1e3 / nullif(value_e12 - assumed_value_e12, 0) as ew_return_ex_assumed
from by_basis
cross join param
where value_e12 > 0
order by session, universe_id, basis;
