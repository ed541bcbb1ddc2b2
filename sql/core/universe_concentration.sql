-- One row is how concentrated a universe's market cap is at the close of one session, counted in issuers (C.8).
--
-- Full cap of the company, not float, each issuer once (B.6). The price-driven change holds members and shares of 20 sessions ago fixed, so
-- that neither a reconstitution nor a new share count can look like a rotation. Sums run over whole numbers.
-- seldom empty: no member of a universe may have a cap
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
-- Growth of the close over the next 20 sessions; rows are sessions but for the silence of a line that came back.
growth as (
    select
        security_id,
        session,
        case when lead(session_no, 20) over line = session_no + 20
            then lead(close_fwd_e9, 20) over line / cast(close_fwd_e9 as double)
        end as growth
    from (
        select security_id, session, session_no, case when is_valid and not is_stale and close_fwd_e9 > 0 then close_fwd_e9 end as close_fwd_e9
        from core.daily_price
        where session in (select session from look_back) and security_id in (select security_id from core.membership)
    ) as price
    window line as (partition by security_id order by session)
),
line as (
    select
        cap.issuer_id,
        cap.security_id,
        cap.session,
        cap.is_primary,
        cap.is_stale,
        cap.pit_grade,
        cast(round(cap.issuer_cap_usd * 1e2) as bigint) as cap_e2,
        growth.growth,
        cap.issuer_id in (select issuer_id from core.membership group by issuer_id having count(distinct security_id) > 1) as is_several
    from core.market_cap as cap
    join look_back using (session)
    left join growth on growth.security_id = cap.security_id and growth.session = cap.session
),
member_set as (
    select security_id, valid_from, valid_to, universe_ids, pit_grades, dense_rank() over (order by universe_ids, pit_grades) as set_no
    from core.membership_set
),
set_stay as (
    select set_no, unnest(any_value(universe_ids)) as universe_id, unnest(any_value(pit_grades)) as pit_grade
    from member_set
    group by set_no
),
single as (
    select member_set.set_no, line.session, line.issuer_id, line.is_stale, line.pit_grade, line.cap_e2, line.growth
    from line
    join member_set
        on member_set.security_id = line.security_id
        and line.session >= member_set.valid_from
        and (member_set.valid_to is null or line.session < member_set.valid_to)
    where not line.is_several
),
-- Companies of several lines count once, at the primary one of those that are in.
company as (
    select
        stay.universe_id,
        line.session,
        line.issuer_id,
        count(*) as n_lines,
        bool_and(line.is_stale) as is_stale,
        max(greatest(line.pit_grade, stay.pit_grade)) as pit_grade,
        max(line.cap_e2) as cap_e2,
        first(line.growth order by line.is_primary desc, line.security_id) as growth
    from line
    join core.membership as stay
        on stay.security_id = line.security_id
        and line.session >= stay.valid_from
        and (stay.valid_to is null or line.session < stay.valid_to)
    where line.is_several
    group by stay.universe_id, line.session, line.issuer_id
),
set_sum as (
    select
        set_no,
        session,
        count(*) as n_issuers,
        sum(cap_e2) as cap_e2,
        sum(cap_e2) filter (where not is_stale) as fresh_cap_e2,
        sum(cast(cap_e2 as hugeint) * cap_e2) as square_e4,
        sum(cap_e2) filter (where growth is not null) as held_e2,
        sum(cast(round(cap_e2 * growth) as hugeint)) as grown_e2, -- a wrong price grows beyond 64 bits
        sum(cap_e2) filter (where pit_grade >= 'B') as grade_b_e2,
        sum(cap_e2) filter (where pit_grade >= 'C') as grade_c_e2,
        sum(cap_e2) filter (where pit_grade >= 'D') as grade_d_e2
    from single
    group by set_no, session
),
part as (
    select
        set_stay.universe_id, session, n_issuers as n_lines, n_issuers, cap_e2, fresh_cap_e2, square_e4, held_e2, grown_e2,
        case when set_stay.pit_grade >= 'B' then cap_e2 else grade_b_e2 end as grade_b_e2,
        case when set_stay.pit_grade >= 'C' then cap_e2 else grade_c_e2 end as grade_c_e2,
        case when set_stay.pit_grade >= 'D' then cap_e2 else grade_d_e2 end as grade_d_e2
    from set_sum
    join set_stay using (set_no)
    union all
    select
        universe_id, session, n_lines, 1, cap_e2, case when not is_stale then cap_e2 end, cast(cap_e2 as hugeint) * cap_e2,
        case when growth is not null then cap_e2 end, cast(round(cap_e2 * growth) as hugeint),
        case when pit_grade >= 'B' then cap_e2 end, case when pit_grade >= 'C' then cap_e2 end, case when pit_grade >= 'D' then cap_e2 end
    from company
),
total as (
    select
        universe_id, session, sum(n_lines) as n_capped, sum(n_issuers) as n_issuers, sum(cap_e2) as cap_e2, sum(fresh_cap_e2) as fresh_cap_e2,
        sum(square_e4) as square_e4, sum(held_e2) as held_e2, sum(grown_e2) as grown_e2,
        sum(grade_b_e2) as grade_b_e2, sum(grade_c_e2) as grade_c_e2, sum(grade_d_e2) as grade_d_e2
    from part
    group by universe_id, session
),
-- The largest of a universe are among the largest of its sets.
largest_of_set as (
    select set_no, session, issuer_id, cap_e2, growth
    from single
    qualify row_number() over (partition by set_no, session order by cap_e2 desc, issuer_id) <= 10
),
candidate as (
    select set_stay.universe_id, session, issuer_id, cap_e2, growth from largest_of_set join set_stay using (set_no)
    union all
    select universe_id, session, issuer_id, cap_e2, growth from company
),
ranked as (
    select
        universe_id, session, cap_e2, growth,
        row_number() over (partition by universe_id, session order by cap_e2 desc, issuer_id) as size_rank
    from candidate
),
top as (
    select
        universe_id,
        session,
        sum(cap_e2) filter (where size_rank <= 7) as top7_e2,
        sum(cap_e2) as top10_e2,
        -- All seven have to be priced on both sessions, or the group would not be the group.
        count(growth) filter (where size_rank <= 7) = 7 as is_held,
        sum(cast(round(cap_e2 * growth) as hugeint)) filter (where size_rank <= 7) as grown_e2
    from ranked
    where size_rank <= 10
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
    select universe_id, session, sum(cap_e2) as mag7_e2
    from (
        select set_stay.universe_id, session, cap_e2
        from single
        join magnificent using (session, issuer_id)
        join set_stay using (set_no)
        union all
        select universe_id, session, cap_e2 from company join magnificent using (session, issuer_id)
    ) as magnificent_member
    group by universe_id, session
),
held as (
    select
        total.universe_id, later.session,
        top.grown_e2 / cast(total.grown_e2 as double) - top.top7_e2 / cast(total.held_e2 as double) as price_change
    from total
    join top using (universe_id, session)
    join look_back as earlier on earlier.session = total.session
    join look_back as later on later.session_no = earlier.session_no + 20
    where top.is_held
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
    held.price_change as top7_price_change_20,
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
left join held using (universe_id, session)
where total.session >= $first and total.cap_e2 > 0
order by total.session, total.universe_id;
