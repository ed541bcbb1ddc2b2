-- One row is how concentrated a universe's market cap is at the close of one session, counted in issuers (C.8).
--
-- Full cap of the company, not float, each issuer once (B.6). The price-driven change holds members and shares of 20 sessions ago fixed, so
-- that neither a reconstitution nor a new share count can look like a rotation. Sums run over whole numbers.
-- key: universe_id, session
create table core.universe_concentration (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- session of the close; members of that session
    n_capped integer not null,          -- member lines with a market cap
    n_issuers integer not null,         -- issuers behind them
    cap_usd double not null,            -- their market cap, USD
    fresh_cap_usd double not null,      -- of it priced on the session itself, not with a carried close, USD
    hhi double not null,                -- Herfindahl index: sum of squared issuer weights, (0, 1]
    top7_weight double not null,        -- weight of the 7 largest issuers, 0..1
    top10_weight double not null,       -- weight of the 10 largest issuers, 0..1
    mag7_weight double not null,        -- weight of the issuers of cohort MAG7 that are members, 0..1
    top7_price_change_20 double,        -- change of the weight of the top 7 of 20 sessions ago by prices alone, decimal; NULL without that history
    pit_grade varchar not null          -- worst grade of caps and stays with at least 5 % of the cap (0.3)
);

insert into core.universe_concentration by name
with param as (
    select max(value) filter (where name = 'knowledge.min_weight_for_grade') as min_weight
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
look_back as (
    select session, session_no
    from core.session
    where session_no > (select min(session_no) from core.session where session >= $first) - 21 and session <= $last
),
several_lines as (
    select issuer_id from core.membership group by issuer_id having count(distinct security_id) > 1
),
line as (
    select
        stay.universe_id,
        cap.session,
        cap.issuer_id,
        cap.security_id,
        cap.is_primary,
        cap.is_stale,
        cast(round(cap.issuer_cap_usd * 1e2) as bigint) as cap_e2,
        greatest(cap.pit_grade, stay.pit_grade) as pit_grade,
        several_lines.issuer_id is not null as is_several
    from core.market_cap as cap
    join look_back using (session)
    join core.membership as stay
        on stay.security_id = cap.security_id
        and cap.session >= stay.valid_from
        and (stay.valid_to is null or cap.session < stay.valid_to)
    left join several_lines on several_lines.issuer_id = cap.issuer_id
),
issuer as (
    select universe_id, session, issuer_id, security_id, 1 as n_lines, is_stale, cap_e2, pit_grade
    from line
    where not is_several
    union all
    select
        universe_id,
        session,
        issuer_id,
        coalesce(min(security_id) filter (where is_primary), min(security_id)) as security_id,
        count(*) as n_lines,
        bool_and(is_stale) as is_stale,
        max(cap_e2) as cap_e2,
        max(pit_grade) as pit_grade
    from line
    where is_several
    group by universe_id, session, issuer_id
),
total as (
    select
        universe_id,
        session,
        sum(n_lines) as n_capped,
        count(*) as n_issuers,
        sum(cap_e2) as cap_e2,
        sum(cap_e2) filter (where not is_stale) as fresh_cap_e2,
        sum(cast(cap_e2 as hugeint) * cap_e2) as square_e4,
        sum(cap_e2) filter (where pit_grade >= 'B') as grade_b_e2,
        sum(cap_e2) filter (where pit_grade >= 'C') as grade_c_e2,
        sum(cap_e2) filter (where pit_grade >= 'D') as grade_d_e2
    from issuer
    group by universe_id, session
),
ranked as (
    select
        universe_id, session, issuer_id, security_id, cap_e2,
        row_number() over (partition by universe_id, session order by cap_e2 desc, issuer_id) as size_rank
    from issuer
),
largest as (
    select universe_id, session, issuer_id, security_id, cap_e2, size_rank from ranked where size_rank <= 10
),
top as (
    select
        universe_id,
        session,
        sum(cap_e2) filter (where size_rank <= 7) as top7_e2,
        sum(cap_e2) as top10_e2
    from largest
    group by universe_id, session
),
magnificent as (
    select distinct look_back.session, stay.issuer_id
    from look_back
    join core.membership as stay
        on look_back.session >= stay.valid_from and (stay.valid_to is null or look_back.session < stay.valid_to)
    where stay.universe_id = 'MAG7'
),
mag7 as (
    select issuer.universe_id, issuer.session, sum(issuer.cap_e2) as mag7_e2
    from issuer
    join magnificent using (session, issuer_id)
    group by issuer.universe_id, issuer.session
),
close_on as (
    select price.security_id, price.session, look_back.session_no, price.close_fwd_e9
    from core.daily_price as price
    join look_back using (session)
    where price.is_valid and not price.is_stale and price.close_fwd_e9 > 0
),
growth as (
    select earlier.security_id, earlier.session as since, later.session, cast(later.close_fwd_e9 as double) / earlier.close_fwd_e9 as growth
    from close_on as earlier
    join close_on as later on later.security_id = earlier.security_id and later.session_no = earlier.session_no + 20
    where later.session >= $first
),
held_total as (
    select
        issuer.universe_id,
        growth.session,
        sum(issuer.cap_e2) as cap_e2,
        sum(cast(round(issuer.cap_e2 * growth.growth) as bigint)) as grown_e2
    from issuer
    join growth on growth.security_id = issuer.security_id and growth.since = issuer.session
    group by issuer.universe_id, growth.session
),
held_top as (
    select
        largest.universe_id,
        growth.session,
        count(*) as n_issuers,
        sum(largest.cap_e2) as cap_e2,
        sum(cast(round(largest.cap_e2 * growth.growth) as bigint)) as grown_e2
    from largest
    join growth on growth.security_id = largest.security_id and growth.since = largest.session
    where largest.size_rank <= 7
    group by largest.universe_id, growth.session
)
select
    total.universe_id,
    total.session,
    total.n_capped,
    total.n_issuers,
    total.cap_e2 / 1e2 as cap_usd,
    coalesce(total.fresh_cap_e2, 0) / 1e2 as fresh_cap_usd,
    (total.square_e4 / cast(total.cap_e2 as double)) / total.cap_e2 as hhi,
    top.top7_e2 / cast(total.cap_e2 as double) as top7_weight,
    top.top10_e2 / cast(total.cap_e2 as double) as top10_weight,
    coalesce(mag7.mag7_e2, 0) / cast(total.cap_e2 as double) as mag7_weight,
    -- All seven have to be priced on both sessions, or the group would not be the group.
    case when held_top.n_issuers = 7
        then held_top.grown_e2 / cast(held_total.grown_e2 as double) - held_top.cap_e2 / cast(held_total.cap_e2 as double)
    end as top7_price_change_20,
    case
        when total.grade_d_e2 >= param.min_weight * total.cap_e2 then 'D'
        when total.grade_c_e2 >= param.min_weight * total.cap_e2 then 'C'
        when total.grade_b_e2 >= param.min_weight * total.cap_e2 then 'B'
        else 'A'
    end as pit_grade
from total
cross join param
join top using (universe_id, session)
left join mag7 using (universe_id, session)
left join held_total using (universe_id, session)
left join held_top using (universe_id, session)
where total.session >= $first and total.cap_e2 > 0
order by total.session, total.universe_id;
