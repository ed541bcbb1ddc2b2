-- One row is one cohort on one session: how many companies it has, what they are worth together, how far that can be trusted.
--
-- A company with several lines counts once (B.6). A member is priced when its market cap is known at that close. The label of
-- a dated cohort follows B.7 with that meaning of priced, and is never better than that of a cohort under it: which of the missing
-- would be the largest, or the cheapest, nobody knows. The grade
-- is the worst one of membership, cap and earnings that holds at least knowledge.min_weight_for_grade of the cohort's cap.
-- Rows begin with the first session on which any company has a market cap.
-- seldom empty: no member of a cohort may be a company
-- key: cohort_id, session
create table core.cohort_cap (
    cohort_id varchar not null,         -- cohort or universe, as in core.membership
    session date not null,              -- session of the close
    n_members integer not null,         -- companies in the cohort, those without a price line included
    n_priced integer not null,          -- of them with a market cap
    cap_usd double,                     -- their market cap; NULL when none has one
    pit_grade varchar not null,         -- worst grade that weighs enough
    bias_label varchar not null,        -- PIT_FULL, PIT_PARTIAL, PIT_SPARSE, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    check (n_priced <= n_members)
);

insert into core.cohort_cap by name
with param as (
    select
        max(value) filter (where name = 'knowledge.min_weight_for_grade') as min_grade_w,
        max(value) filter (where name = 'bias.full') as bias_full,
        max(value) filter (where name = 'bias.partial') as bias_partial
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
lost as (
    select gap.universe_id as cohort_id, day.session, count(*) as n_lost
    from core.membership_gap as gap
    join core.session as day on gap.valid_from <= day.session and (gap.valid_to is null or day.session < gap.valid_to)
    where day.session >= $first and day.session <= $last
        and day.session >= (select min(session) from core.issuer_valuation)
    group by gap.universe_id, day.session
),
held as (
    select
        stay.universe_id as cohort_id,
        day.session,
        count(*) as n_held,
        max(label.badness) as member_badness,
        max(stay.pit_grade) as member_grade
    from core.session as day
    join core.issuer_membership as stay on stay.valid_from <= day.session and (stay.valid_to is null or day.session < stay.valid_to)
    join core.bias_label as label on label.bias_label = stay.bias_label
    where day.session >= $first
        and day.session <= $last
        and day.session >= (select min(session) from core.issuer_valuation) -- lists reach further back than the market data
    group by stay.universe_id, day.session
),
priced as (
    select
        stay.universe_id as cohort_id,
        company.session,
        greatest(company.pit_grade, stay.pit_grade) as grade,
        cast(round(company.market_cap_usd * 100) as bigint) as cap -- cents: sums of integers are the same in any order
    from core.issuer_valuation as company
    join core.issuer_membership as stay
        on stay.issuer_id = company.issuer_id
        and stay.valid_from <= company.session
        and (stay.valid_to is null or company.session < stay.valid_to)
    where company.session >= $first and company.session <= $last
),
tally as (
    select
        cohort_id,
        session,
        count(*) as n_priced,
        sum(cap) as cap,
        sum(cap) filter (where grade >= 'B') as cap_b,
        sum(cap) filter (where grade >= 'C') as cap_c,
        sum(cap) filter (where grade >= 'D') as cap_d
    from priced
    group by cohort_id, session
),
cohort as (
    select
        held.cohort_id,
        held.session,
        held.n_held + coalesce(lost.n_lost, 0) as n_members,
        coalesce(tally.n_priced, 0) as n_priced,
        tally.cap,
        tally.cap_b,
        tally.cap_c,
        tally.cap_d,
        held.member_grade,
        held.member_badness
    from held
    left join lost on lost.cohort_id = held.cohort_id and lost.session = held.session
    left join tally on tally.cohort_id = held.cohort_id and tally.session = held.session
),
judged as (
    select
        cohort.*,
        greatest(cohort.member_badness, of_prices.badness) as badness
    from cohort
    cross join param
    join core.bias_label as of_prices
        on of_prices.bias_label = case
            when cohort.n_priced >= param.bias_full * cohort.n_members then 'PIT_FULL'
            when cohort.n_priced >= param.bias_partial * cohort.n_members then 'PIT_PARTIAL'
            else 'PIT_SPARSE'
        end
),
inherited as (
    select part.cohort_id, judged.session, max(judged.badness) as badness
    from core.cohort_part as part
    join judged on judged.cohort_id = part.part_id
    group by part.cohort_id, judged.session
)
select
    judged.cohort_id,
    judged.session,
    cast(judged.n_members as integer) as n_members,
    cast(judged.n_priced as integer) as n_priced,
    cast(judged.cap as double) / 100 as cap_usd,
    case
        when judged.cap is null then judged.member_grade
        when judged.cap_d >= param.min_grade_w * judged.cap then 'D'
        when judged.cap_c >= param.min_grade_w * judged.cap then 'C'
        when judged.cap_b >= param.min_grade_w * judged.cap then 'B'
        else 'A'
    end as pit_grade,
    label.bias_label
from judged
cross join param
left join inherited on inherited.cohort_id = judged.cohort_id and inherited.session = judged.session
join core.bias_label as label on label.badness = greatest(judged.badness, inherited.badness);
