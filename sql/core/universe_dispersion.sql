-- One row is how far the returns of a universe's lines lay apart, over one horizon that ends on one session (C.9).
--
-- Total returns of the lines that were members and had a usable price on every session of the horizon; weights at the close
-- before it. Nothing is carried forward and nothing is winsorised. Sums run over whole numbers, so they are the same in any order.
-- seldom empty: no two members of a universe may have returns
-- key: universe_id, session, horizon
create table core.universe_dispersion (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- last session of the horizon
    horizon integer not null check (horizon in (1, 21)), -- length in sessions
    n_returns integer not null,         -- lines with a return over the horizon
    n_weighted integer not null,        -- of them with a market cap at its start
    n_unknown integer not null,         -- companies without a believed cap then
    coverage_w double,                  -- cap of the weighted over that of all at its start, the unknown estimated (core.universe_weight), 0..1; NULL without caps
    dispersion_cw double,               -- cap-weighted standard deviation of the returns, decimal; NULL without caps
    dispersion_ew double,               -- population standard deviation of the returns, decimal; NULL without returns
    max_contribution double             -- largest share of one line in the cap-weighted variance, 0..1; NULL when that is 0 or horizon 21
);

insert into core.universe_dispersion by name
with look_back as (
    select session
    from core.session
    where session_no > (select min(session_no) from core.session where session >= $first) - 22 and session <= $last
),
usable_price as (
    select security_id, session, tri_segment, case when is_valid and not is_stale then tri_e12 end as tri_e12
    from core.daily_price
    join look_back using (session)
    where security_id in (select security_id from core.membership)
),
-- Rows are sessions, so the row 21 before is that of the session 21 before. Levels of two segments tell no return (A.2).
growth as (
    select
        security_id,
        session,
        lag(session) over line as session_before,
        lag(session, 20) over line as since_21,
        lag(session, 21) over line as session_before_21,
        case when lag(tri_segment) over line = tri_segment then cast(tri_e12 as double) / lag(tri_e12) over line - 1 end as return_1,
        case when count(tri_e12) over last_22 = 22 and lag(tri_segment, 21) over line = tri_segment then cast(tri_e12 as double) / lag(tri_e12, 21) over line - 1 end as return_21
    from usable_price
    window
        line as (partition by security_id order by session),
        last_22 as (partition by security_id order by session rows between 21 preceding and current row)
),
horizon as (
    select
        growth.security_id,
        growth.session,
        length.horizon,
        case length.horizon when 1 then growth.session else growth.since_21 end as since,
        case length.horizon when 1 then growth.session_before else growth.session_before_21 end as weighted_on,
        case length.horizon when 1 then growth.return_1 else growth.return_21 end as line_return
    from growth
    cross join (values (1), (21)) as length (horizon)
    where growth.session >= $first
),
line as (
    select
        horizon.security_id,
        horizon.session,
        horizon.horizon,
        horizon.since,
        market_cap.line_cap_usd as cap_usd,
        horizon.line_return
    from horizon
    left join core.market_cap on market_cap.security_id = horizon.security_id and market_cap.session = horizon.weighted_on
    where horizon.line_return < 1e6 -- nothing grows as much: a wrong price, whose square would be beyond any sum
),
-- Caps in cents, cap times return in 1e-8 USD, returns and squares in 1e-15 and 1e-18.
part as (
    select
        security_id,
        session,
        horizon,
        since,
        cast(round(cap_usd * 1e2) as bigint) as cap_e2,
        cast(round(cap_usd * line_return * 1e8) as hugeint) as moved_e8,
        cast(round(cap_usd * line_return * line_return * 1e8) as hugeint) as squared_e8,
        cast(round(line_return * 1e15) as hugeint) as return_e15,
        cast(round(line_return * line_return * 1e18) as hugeint) as square_e18
    from line
),
moment as (
    select
        stay.universe_id,
        part.session,
        part.horizon,
        count(*) as n_returns,
        count(cap_e2) as n_weighted,
        sum(cap_e2) / 1e2 as cap_usd,
        (sum(moved_e8) / 1e8) / nullif(sum(cap_e2) / 1e2, 0) as mean_cw,
        (sum(squared_e8) / 1e8) / nullif(sum(cap_e2) / 1e2, 0) as square_cw,
        (sum(return_e15) / 1e15) / count(*) as mean_ew,
        (sum(square_e18) / 1e18) / count(*) as square_ew
    from part
    join core.membership as stay
        on stay.security_id = part.security_id
        and part.since >= stay.valid_from
        and (stay.valid_to is null or part.session < stay.valid_to)
    group by stay.universe_id, part.session, part.horizon
),
-- The whole cap at the start of each horizon; of the members of its last session where nobody was in then.
whole as (
    select
        today.universe_id, today.session, length.horizon,
        case when before.known_usd > 0 then before.n_unknown else today.n_unknown end as n_unknown,
        case when before.known_usd > 0 then before.known_usd + before.unknown_usd else today.known_usd + today.unknown_usd end as cap_usd
    from core.universe_weight as today
    cross join (values (1), (21)) as length (horizon)
    join core.session as day on day.session = today.session
    left join core.session as start on start.session_no = day.session_no - length.horizon
    left join core.universe_weight as before on before.universe_id = today.universe_id and before.session = start.session
    where today.session >= $first and today.session <= $last
),
largest as (
    select
        stay.universe_id,
        line.session,
        line.horizon,
        max(line.cap_usd * (line.line_return - moment.mean_cw) * (line.line_return - moment.mean_cw)) as largest
    from line
    join core.membership as stay
        on stay.security_id = line.security_id
        and line.since >= stay.valid_from
        and (stay.valid_to is null or line.session < stay.valid_to)
    join moment
        on moment.universe_id = stay.universe_id and moment.session = line.session and moment.horizon = line.horizon
    where line.horizon = 1 and line.cap_usd is not null
    group by stay.universe_id, line.session, line.horizon
)
select
    moment.universe_id,
    moment.session,
    moment.horizon,
    moment.n_returns,
    moment.n_weighted,
    coalesce(whole.n_unknown, 0) as n_unknown,
    case when moment.cap_usd > 0 and whole.cap_usd > 0 then least(moment.cap_usd / whole.cap_usd, 1) end as coverage_w,
    sqrt(greatest(moment.square_cw - moment.mean_cw * moment.mean_cw, 0)) as dispersion_cw,
    sqrt(greatest(moment.square_ew - moment.mean_ew * moment.mean_ew, 0)) as dispersion_ew,
    -- Below the rounding of the sums the variance is nothing. Least() passes over a NULL.
    case when largest.largest is not null and moment.square_cw - moment.mean_cw * moment.mean_cw > 1e-15
        then least(largest.largest / (moment.cap_usd * (moment.square_cw - moment.mean_cw * moment.mean_cw)), 1)
    end as max_contribution
from moment
left join largest using (universe_id, session, horizon)
left join whole using (universe_id, session, horizon)
order by moment.session, moment.universe_id, moment.horizon;
