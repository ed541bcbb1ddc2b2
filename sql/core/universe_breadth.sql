-- One row is one universe on one session on one price basis: counts of its member lines, from which breadth is made (C.1 to C.3).
--
-- Lines, not issuers, as exchanges count. Basis price compares split-adjusted closes, basis total the total-return index.
-- Every comparison is one of integers, so a tie is a tie and the counts do not depend on the order of summation. A name counts
-- where it has a usable price (valid, not stale) on the very session: nothing is carried forward.
-- key: universe_id, session, basis
create table core.universe_breadth (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- trading date; members of that session count
    basis varchar not null check (basis in ('price', 'total')), -- split-adjusted close, or total-return index
    n_expected integer not null,        -- lines that should be there: members and list entries without a price line
    n_used integer not null,            -- members with a usable price on the session
    n_advancing integer not null,       -- traded, above the session before
    n_declining integer not null,       -- traded, below the session before
    n_unchanged integer not null,       -- traded, equal to the session before
    n_untraded integer not null,        -- expected lines that are none of the three: no trade, no price, or none the session before
    up_volume bigint not null,          -- as-traded shares of the advancing
    down_volume bigint not null,        -- as-traded shares of the declining
    up_dollar_volume_usd bigint not null, -- dollar volume of the advancing, whole USD a name
    down_dollar_volume_usd bigint not null, -- dollar volume of the declining, whole USD a name
    n_eligible_20 integer not null,     -- names with a 20-session average: 20 sessions old, 98 % of the closes, a price today
    n_eligible_50 integer not null,     -- names with a 50-session average
    n_eligible_100 integer not null,    -- names with a 100-session average
    n_eligible_200 integer not null,    -- names with a 200-session average
    n_above_20 integer not null,        -- of them strictly above it
    n_above_50 integer not null,        -- of them strictly above it
    n_above_100 integer not null,       -- of them strictly above it
    n_above_200 integer not null,       -- of them strictly above it
    n_high_eligible integer not null,   -- names with 248 of the 251 closes before, 252 sessions old, and a price today
    n_new_high integer not null,        -- of them strictly above all 251 closes before
    n_new_low integer not null,         -- of them strictly below all 251 closes before
    n_intraday_eligible integer not null, -- the same with highs and lows; 0 on basis total
    n_intraday_high integer not null,   -- of them with a high strictly above the 251 highs before
    n_intraday_low integer not null,    -- of them with a low strictly below the 251 lows before
    member_label varchar not null,      -- worst label of the stays themselves: PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    pit_grade varchar not null          -- worst grade of prices and stays that at least 5 % of the used names have (0.3)
);

insert into core.universe_breadth by name
with param as (
    select
        max(value) filter (where name = 'breadth.ma_min_share') as ma_min_share,
        max(value) filter (where name = 'breadth.high_min_prior') as high_min_prior,
        max(value) filter (where name = 'knowledge.min_weight_for_grade') as min_weight
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- 252 sessions back from the first to be filled, and the one before for the comparison.
look_back as (
    select session
    from core.session
    where session_no > (select min(session_no) from core.session where session >= $first) - 253 and session <= $last
),
usable_price as (
    select
        security_id,
        session,
        case when is_valid and not is_stale then close_fwd_e9 end as close,
        case when is_valid and not is_stale then tri_e12 end as total,
        case when is_valid and not is_stale and low_fwd_e9 is not null then high_fwd_e9 end as high,
        case when is_valid and not is_stale and high_fwd_e9 is not null then low_fwd_e9 end as low,
        -- A vendor series of adjusted closes may come without any volume: unknown is not zero.
        case when is_traded or (is_adjusted_only and volume is null) then cast(round(coalesce(volume, 0)) as bigint) end as traded_volume,
        cast(round(coalesce(dollar_volume_usd, 0)) as bigint) as dollar_volume_usd,
        cast(ascii(pit_grade) as smallint) as grade
    from core.daily_price
    join look_back using (session)
    -- Windows are the cost of this table: none for funds and for lines that no universe holds.
    where security_id in (select security_id from core.membership)
),
-- A level times 1024, plus 1: the sum over a frame is above n times today's where that of the levels is, and ends in n itself.
counted as (
    select *, cast(close as hugeint) * 1024 + 1 as close_one, cast(total as hugeint) * 1024 + 1 as total_one from usable_price
),
-- Rows are sessions, so frames count sessions; age is the number of sessions since the listing, as far as it matters.
rolling as (
    select
        security_id, session, close, total, close_one, total_one, high, low, traded_volume, dollar_volume_usd, grade,
        row_number() over line as age,
        lag(close) over line as close_before, lag(total) over line as total_before,
        sum(close_one) over last_20 as close_20, sum(total_one) over last_20 as total_20,
        sum(close_one) over last_50 as close_50, sum(total_one) over last_50 as total_50,
        sum(close_one) over last_100 as close_100, sum(total_one) over last_100 as total_100,
        sum(close_one) over last_200 as close_200, sum(total_one) over last_200 as total_200,
        count(close) over before_252 as n_close, max(close) over before_252 as max_close, min(close) over before_252 as min_close,
        count(total) over before_252 as n_total, max(total) over before_252 as max_total, min(total) over before_252 as min_total,
        count(high) over before_252 as n_high, max(high) over before_252 as max_high, min(low) over before_252 as min_low
    from counted
    window
        line as (partition by security_id order by session),
        last_20 as (partition by security_id order by session rows between 19 preceding and current row),
        last_50 as (partition by security_id order by session rows between 49 preceding and current row),
        last_100 as (partition by security_id order by session rows between 99 preceding and current row),
        last_200 as (partition by security_id order by session rows between 199 preceding and current row),
        before_252 as (partition by security_id order by session rows between 251 preceding and 1 preceding)
),
-- One sort for both bases, and only now a row each.
based as (
    select
        security_id, session, is_total, traded_volume, dollar_volume_usd, grade, age,
        case when is_total then total else close end as level,
        case when is_total then total_one else close_one end as level_one,
        case when is_total then total_before else close_before end as level_before,
        case when is_total then total_20 else close_20 end as sum_20,
        case when is_total then total_50 else close_50 end as sum_50,
        case when is_total then total_100 else close_100 end as sum_100,
        case when is_total then total_200 else close_200 end as sum_200,
        case when is_total then n_total else n_close end as n_before,
        case when is_total then max_total else max_close end as max_before,
        case when is_total then min_total else min_close end as min_before,
        case when not is_total then high end as high,
        low, n_high, max_high, min_low
    from rolling
    cross join (values (false), (true)) as basis (is_total)
    where session >= $first
),
signal as (
    select
        security_id, session, is_total, grade,
        level is not null as is_used,
        traded_volume is not null and level > level_before as is_up,
        traded_volume is not null and level < level_before as is_down,
        traded_volume is not null and level = level_before as is_unchanged,
        traded_volume,
        dollar_volume_usd,
        case when level is not null and age >= 20 and sum_20 & 1023 >= ceil(ma_min_share * 20) then (sum_20 & 1023) * level_one > sum_20 end as is_above_20,
        case when level is not null and age >= 50 and sum_50 & 1023 >= ceil(ma_min_share * 50) then (sum_50 & 1023) * level_one > sum_50 end as is_above_50,
        case when level is not null and age >= 100 and sum_100 & 1023 >= ceil(ma_min_share * 100) then (sum_100 & 1023) * level_one > sum_100 end as is_above_100,
        case when level is not null and age >= 200 and sum_200 & 1023 >= ceil(ma_min_share * 200) then (sum_200 & 1023) * level_one > sum_200 end as is_above_200,
        case when level is not null and age >= 252 and n_before >= high_min_prior then level > max_before end as is_new_high,
        case when level is not null and age >= 252 and n_before >= high_min_prior then level < min_before end as is_new_low,
        case when high is not null and age >= 252 and n_high >= high_min_prior then high > max_high end as is_intraday_high,
        case when high is not null and age >= 252 and n_high >= high_min_prior then low < min_low end as is_intraday_low
    from based
    cross join param
),
member_set as (
    select security_id, valid_from, valid_to, universe_ids, pit_grades, dense_rank() over (order by universe_ids, pit_grades) as set_no
    from core.membership_set
),
set_tally as (
    select
        member_set.set_no,
        signal.session,
        signal.is_total,
        count_if(is_used) as n_used,
        count_if(is_up) as n_advancing,
        count_if(is_down) as n_declining,
        count_if(is_unchanged) as n_unchanged,
        sum(traded_volume) filter (where is_up) as up_volume,
        sum(traded_volume) filter (where is_down) as down_volume,
        sum(dollar_volume_usd) filter (where is_up) as up_dollar_volume_usd,
        sum(dollar_volume_usd) filter (where is_down) as down_dollar_volume_usd,
        count(is_above_20) as n_eligible_20,
        count(is_above_50) as n_eligible_50,
        count(is_above_100) as n_eligible_100,
        count(is_above_200) as n_eligible_200,
        count_if(is_above_20) as n_above_20,
        count_if(is_above_50) as n_above_50,
        count_if(is_above_100) as n_above_100,
        count_if(is_above_200) as n_above_200,
        count(is_new_high) as n_high_eligible,
        count_if(is_new_high) as n_new_high,
        count_if(is_new_low) as n_new_low,
        count(is_intraday_high) as n_intraday_eligible,
        count_if(is_intraday_high) as n_intraday_high,
        count_if(is_intraday_low) as n_intraday_low,
        count_if(is_used and grade >= ascii('B')) as n_grade_b,
        count_if(is_used and grade >= ascii('C')) as n_grade_c,
        count_if(is_used and grade >= ascii('D')) as n_grade_d
    from signal
    join member_set
        on member_set.security_id = signal.security_id
        and signal.session >= member_set.valid_from
        and (member_set.valid_to is null or signal.session < member_set.valid_to)
    group by member_set.set_no, signal.session, signal.is_total
),
set_stay as (
    select set_no, unnest(any_value(universe_ids)) as universe_id, unnest(any_value(pit_grades)) as pit_grade
    from member_set
    group by set_no
),
tally as (
    select
        set_stay.universe_id, set_tally.* exclude (n_grade_b, n_grade_c, n_grade_d),
        case when set_stay.pit_grade >= 'B' then n_used else n_grade_b end as n_grade_b,
        case when set_stay.pit_grade >= 'C' then n_used else n_grade_c end as n_grade_c,
        case when set_stay.pit_grade >= 'D' then n_used else n_grade_d end as n_grade_d
    from set_tally
    join set_stay on set_stay.set_no = set_tally.set_no
),
-- Members without a row in daily_price are expected all the same, from the first session on that has a price at all: lists reach
-- back further than prices, and there is nothing to count before.
member_count as (
    select
        stay.universe_id,
        session.session,
        count(*) as n_members,
        -- The labels sort by how bad they are: hindsight, today's list, dated list.
        case max(case stay.bias_label when 'HINDSIGHT_SELECTED' then 3 when 'CURRENT_LIST' then 2 else 1 end)
            when 3 then 'HINDSIGHT_SELECTED' when 2 then 'CURRENT_LIST' else 'PIT_FULL'
        end as member_label,
        max(stay.pit_grade) as member_grade
    from core.session
    join core.membership as stay on session.session >= stay.valid_from and (stay.valid_to is null or session.session < stay.valid_to)
    where session.session >= $first and session.session <= $last
        and session.session >= (select min(session) from core.daily_price)
    group by stay.universe_id, session.session
),
gap_count as (
    select gap.universe_id, session.session, count(*) as n_gaps
    from core.session
    join core.membership_gap as gap on session.session >= gap.valid_from and (gap.valid_to is null or session.session < gap.valid_to)
    where session.session >= $first and session.session <= $last
    group by gap.universe_id, session.session
)
select
    member_count.universe_id,
    member_count.session,
    basis.basis,
    member_count.n_members + coalesce(gap_count.n_gaps, 0) as n_expected,
    coalesce(sum(tally.n_used), 0) as n_used,
    coalesce(sum(tally.n_advancing), 0) as n_advancing,
    coalesce(sum(tally.n_declining), 0) as n_declining,
    coalesce(sum(tally.n_unchanged), 0) as n_unchanged,
    member_count.n_members + coalesce(gap_count.n_gaps, 0)
        - coalesce(sum(tally.n_advancing + tally.n_declining + tally.n_unchanged), 0) as n_untraded,
    coalesce(sum(tally.up_volume), 0) as up_volume,
    coalesce(sum(tally.down_volume), 0) as down_volume,
    coalesce(sum(tally.up_dollar_volume_usd), 0) as up_dollar_volume_usd,
    coalesce(sum(tally.down_dollar_volume_usd), 0) as down_dollar_volume_usd,
    coalesce(sum(tally.n_eligible_20), 0) as n_eligible_20,
    coalesce(sum(tally.n_eligible_50), 0) as n_eligible_50,
    coalesce(sum(tally.n_eligible_100), 0) as n_eligible_100,
    coalesce(sum(tally.n_eligible_200), 0) as n_eligible_200,
    coalesce(sum(tally.n_above_20), 0) as n_above_20,
    coalesce(sum(tally.n_above_50), 0) as n_above_50,
    coalesce(sum(tally.n_above_100), 0) as n_above_100,
    coalesce(sum(tally.n_above_200), 0) as n_above_200,
    coalesce(sum(tally.n_high_eligible), 0) as n_high_eligible,
    coalesce(sum(tally.n_new_high), 0) as n_new_high,
    coalesce(sum(tally.n_new_low), 0) as n_new_low,
    coalesce(sum(tally.n_intraday_eligible), 0) as n_intraday_eligible,
    coalesce(sum(tally.n_intraday_high), 0) as n_intraday_high,
    coalesce(sum(tally.n_intraday_low), 0) as n_intraday_low,
    member_count.member_label,
    case
        when coalesce(sum(tally.n_used), 0) = 0 then member_count.member_grade
        when sum(tally.n_grade_d) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_d) > 0 then 'D'
        when sum(tally.n_grade_c) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_c) > 0 then 'C'
        when sum(tally.n_grade_b) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_b) > 0 then 'B'
        else 'A'
    end as pit_grade
from member_count
cross join (values ('price', false), ('total', true)) as basis (basis, is_total)
cross join param
left join gap_count on gap_count.universe_id = member_count.universe_id and gap_count.session = member_count.session
left join tally on tally.universe_id = member_count.universe_id and tally.session = member_count.session and tally.is_total = basis.is_total
group by
    member_count.universe_id, member_count.session, basis.basis, member_count.n_members, gap_count.n_gaps,
    member_count.member_label, member_count.member_grade, param.min_weight
order by member_count.session, member_count.universe_id, basis.basis;
