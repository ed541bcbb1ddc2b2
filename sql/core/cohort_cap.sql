-- One row is one cohort on one session: how many companies it has, what they are worth together, how far that can be trusted.
--
-- A company with several lines counts once (B.6). A member is priced when its market cap is known at that close. The label of
-- a dated cohort follows B.7 with that meaning of priced, by count or by cap (core.universe_weight), whichever is worse, and is never
-- better than that of a cohort under it: which of the missing would be the largest, or the cheapest, nobody knows. A universe by rank
-- that has less than rank.min_share of its target is CURRENT_LIST at best (0.4). The grade is the worst one of membership, cap and
-- earnings that holds at least knowledge.min_weight_for_grade of the cohort's cap.
-- Every cohort and session of core.member_count has a row, members or not.
-- key: cohort_id, session
create table core.cohort_cap (
    cohort_id varchar not null,         -- cohort or universe, as in core.membership
    session date not null,              -- session of the close
    n_members integer not null,         -- companies expected in the cohort, those without a price line included (core.member_count)
    n_priced integer not null,          -- of them with a market cap
    cap_usd double,                     -- their market cap; NULL when none has one
    n_unknown integer not null,         -- companies without a believed market cap, places that nobody fills left out
    unknown_w double,                   -- their estimated share of the whole cap (core.universe_weight), 0..1; NULL without companies
    member_reason varchar,              -- why nobody is in (0.4); NULL where somebody is
    pit_grade varchar not null,         -- worst grade that weighs enough
    bias_label varchar not null,        -- PIT_FULL, PIT_PARTIAL, PIT_SPARSE, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    check (n_priced <= n_members)
);

insert into core.cohort_cap by name
with param as (
    select
        max(value) filter (where name = 'knowledge.min_weight_for_grade') as min_grade_w,
        max(value) filter (where name = 'rank.min_share') as rank_share,
        max(value) filter (where name = 'bias.full') as bias_full,
        max(value) filter (where name = 'bias.partial') as bias_partial
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
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
        expected.universe_id as cohort_id,
        expected.session,
        rule.kind = 'RANK' as is_rank,
        expected.n_expected_issuers as n_members,
        coalesce(tally.n_priced, 0) as n_priced,
        tally.cap,
        tally.cap_b,
        tally.cap_c,
        tally.cap_d,
        expected.member_grade,
        label.badness as member_badness,
        expected.null_reason as member_reason,
        coalesce(weight.n_unknown, 0) as n_unknown,
        weight.unknown_w
    from core.member_count as expected
    join core.bias_label as label on label.bias_label = expected.member_label
    left join (select cohort_id, kind from raw.cohort_rule where load_id = (select max(load_id) from raw.cohort_rule)) as rule
        on rule.cohort_id = expected.universe_id
    left join core.universe_weight as weight on weight.universe_id = expected.universe_id and weight.session = expected.session
    left join tally on tally.cohort_id = expected.universe_id and tally.session = expected.session
    where expected.session >= $first and expected.session <= $last
),
covered as (
    select
        *,
        -- Nobody expected: nothing is missed.
        case when n_members = 0 then 1 else least(n_priced / cast(n_members as double), coalesce(1 - unknown_w, 1)) end as covered_share
    from cohort
),
judged as (
    select
        covered.*,
        greatest(covered.member_badness, of_prices.badness, case when is_rank and n_priced < param.rank_share * n_members then of_rank.badness end) as badness
    from covered
    cross join param
    join core.bias_label as of_rank on of_rank.bias_label = 'CURRENT_LIST'
    join core.bias_label as of_prices
        on of_prices.bias_label = case
            when covered.covered_share >= param.bias_full then 'PIT_FULL'
            when covered.covered_share >= param.bias_partial then 'PIT_PARTIAL'
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
    cast(judged.n_unknown as integer) as n_unknown,
    judged.unknown_w,
    judged.member_reason,
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
