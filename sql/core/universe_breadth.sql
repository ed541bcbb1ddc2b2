-- One row is one universe on one session on one price basis: counts of its member lines, from which breadth is made (C.1 to C.3).
--
-- Lines, not issuers, as exchanges count; of a cohort that is named by companies (FIXED) one line of each. Basis price compares split-adjusted closes, basis total the total-return index.
-- Every comparison is one of integers, so a tie is a tie and the counts do not depend on the order of summation. A name counts
-- where it has a usable price (valid, not stale) on the very session: nothing is carried forward. Levels compare within one segment of
-- core.daily_price: after a cut a line is in no average and no high until the new segment is long enough, and it is not young for that.
-- key: universe_id, session, basis
create table core.universe_breadth (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- trading date; members of that session count
    basis varchar not null check (basis in ('price', 'total')), -- split-adjusted close, or total-return index
    n_expected integer not null,        -- lines that should be there (core.member_count); of a cohort named by companies, companies
    n_used integer not null,            -- members with a usable price on the session
    n_advancing integer not null,       -- traded, above the session before
    n_declining integer not null,       -- traded, below the session before
    n_unchanged integer not null,       -- traded, equal to the session before
    n_untraded integer not null,        -- expected lines that are none of the three: no trade, no price, or none to compare with the session before
    up_volume bigint not null,          -- as-traded shares of the advancing
    down_volume bigint not null,        -- as-traded shares of the declining
    up_dollar_volume_usd bigint not null, -- dollar volume of the advancing, whole USD a name
    down_dollar_volume_usd bigint not null, -- dollar volume of the declining, whole USD a name
    n_eligible_20 integer not null,     -- names with a 20-session average: 20 sessions in one segment, 98 % of the closes, a price today
    n_eligible_50 integer not null,     -- names with a 50-session average
    n_eligible_100 integer not null,    -- names with a 100-session average
    n_eligible_200 integer not null,    -- names with a 200-session average
    n_above_20 integer not null,        -- of them strictly above it
    n_above_50 integer not null,        -- of them strictly above it
    n_above_100 integer not null,       -- of them strictly above it
    n_above_200 integer not null,       -- of them strictly above it
    n_high_eligible integer not null,   -- names with 248 of the 251 closes before, 252 sessions in one segment, and a price today
    n_new_high integer not null,        -- of them strictly above all 251 closes before
    n_new_low integer not null,         -- of them strictly below all 251 closes before
    n_intraday_eligible integer not null, -- the same with highs and lows; 0 on basis total
    n_intraday_high integer not null,   -- of them with a high strictly above the 251 highs before
    n_intraday_low integer not null,    -- of them with a low strictly below the 251 lows before
    n_young_2 integer not null,         -- member lines in their first session, with or without a price: no session before to compare with
    n_young_20 integer not null,        -- member lines listed for fewer than 20 sessions, this one included
    n_young_22 integer not null,        -- for fewer than 22: no 21-session return
    n_young_50 integer not null,        -- for fewer than 50
    n_young_100 integer not null,       -- for fewer than 100
    n_young_200 integer not null,       -- for fewer than 200
    n_young_252 integer not null,       -- for fewer than 252
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
-- A line is in at most one set of equal stays on a session.
member_set as (
    select
        security_id, valid_from, valid_to, counted_ids as universe_ids, counted_grades as pit_grades,
        dense_rank() over (order by counted_ids, counted_grades) as set_no
    from core.membership_set
),
usable_price as (
    select
        price.security_id,
        price.session,
        price.price_segment,
        price.tri_segment,
        member_set.set_no,
        case when is_valid and not is_stale then close_fwd_e9 end as close,
        case when is_valid and not is_stale then tri_e12 end as total,
        case when is_valid and not is_stale and low_fwd_e9 is not null then high_fwd_e9 end as high,
        case when is_valid and not is_stale and high_fwd_e9 is not null then low_fwd_e9 end as low,
        -- A vendor series of adjusted closes may come without any volume: unknown is not zero.
        case when is_traded or (is_adjusted_only and volume is null) then cast(round(coalesce(volume, 0)) as bigint) end as traded_volume,
        cast(round(coalesce(dollar_volume_usd, 0)) as bigint) as dollar_volume_usd,
        cast(ascii(price.pit_grade) as smallint) as grade
    from core.daily_price as price
    join look_back on look_back.session = price.session
    left join member_set
        on member_set.security_id = price.security_id
        and price.session >= member_set.valid_from
        and (member_set.valid_to is null or price.session < member_set.valid_to)
    -- Nothing is counted of funds and of lines that no universe holds.
    where price.security_id in (select security_id from core.membership)
),
-- A level times 1024, plus 1: the sum over a frame is above n times today's where that of the levels is, and ends in n itself.
counted as (
    select
        *, cast(close as hugeint) * 1024 + 1 as close_one, cast(total as hugeint) * 1024 + 1 as total_one,
        cast(close is not null as bigint) + cast(total is not null as bigint) * 1024 + cast(high is not null as bigint) * 1048576 as held
    from usable_price
),
-- Windows without a partition run over the lines one after the other as the sorted rows stream by, without a tree for each frame:
-- the table takes a third of the CPU that frames by line took. They see the line before, and the segment before, so nothing is used before the line
-- and its segment are old enough: age.
ordered as (
    select * from counted order by security_id, session
),
-- Running sums, whose differences are the sums of frames; the extremes of 4, 16 and 64 rows make those of 251.
extreme_4 as (
    select
        *,
        sum(close_one) over so_far as sum_close, sum(total_one) over so_far as sum_total, sum(held) over so_far as sum_held,
        cast(row_number() over () as integer) as row_no,
        case when lag(security_id) over () = security_id then 0 else row_no end as line_start,
        case when lag(security_id) over () = security_id and lag(price_segment) over () = price_segment then 0 else row_no end as price_start,
        case when lag(security_id) over () = security_id and lag(tri_segment) over () = tri_segment then 0 else row_no end as total_start,
        greatest(close, lag(close, 1) over (), lag(close, 2) over (), lag(close, 3) over ()) as max_close,
        least(close, lag(close, 1) over (), lag(close, 2) over (), lag(close, 3) over ()) as min_close,
        greatest(total, lag(total, 1) over (), lag(total, 2) over (), lag(total, 3) over ()) as max_total,
        least(total, lag(total, 1) over (), lag(total, 2) over (), lag(total, 3) over ()) as min_total,
        greatest(high, lag(high, 1) over (), lag(high, 2) over (), lag(high, 3) over ()) as max_high,
        least(low, lag(low, 1) over (), lag(low, 2) over (), lag(low, 3) over ()) as min_low
    from ordered
    window so_far as (rows between unbounded preceding and current row)
),
extreme_16 as (
    select * replace (
        max(line_start) over so_far as line_start, max(price_start) over so_far as price_start, max(total_start) over so_far as total_start,
        greatest(max_close, lag(max_close, 4) over (), lag(max_close, 8) over (), lag(max_close, 12) over ()) as max_close,
        least(min_close, lag(min_close, 4) over (), lag(min_close, 8) over (), lag(min_close, 12) over ()) as min_close,
        greatest(max_total, lag(max_total, 4) over (), lag(max_total, 8) over (), lag(max_total, 12) over ()) as max_total,
        least(min_total, lag(min_total, 4) over (), lag(min_total, 8) over (), lag(min_total, 12) over ()) as min_total,
        greatest(max_high, lag(max_high, 4) over (), lag(max_high, 8) over (), lag(max_high, 12) over ()) as max_high,
        least(min_low, lag(min_low, 4) over (), lag(min_low, 8) over (), lag(min_low, 12) over ()) as min_low
    )
    from extreme_4
    window so_far as (rows between unbounded preceding and current row)
),
extreme_64 as (
    select * replace (
        greatest(max_close, lag(max_close, 16) over (), lag(max_close, 32) over (), lag(max_close, 48) over ()) as max_close,
        least(min_close, lag(min_close, 16) over (), lag(min_close, 32) over (), lag(min_close, 48) over ()) as min_close,
        greatest(max_total, lag(max_total, 16) over (), lag(max_total, 32) over (), lag(max_total, 48) over ()) as max_total,
        least(min_total, lag(min_total, 16) over (), lag(min_total, 32) over (), lag(min_total, 48) over ()) as min_total,
        greatest(max_high, lag(max_high, 16) over (), lag(max_high, 32) over (), lag(max_high, 48) over ()) as max_high,
        least(min_low, lag(min_low, 16) over (), lag(min_low, 32) over (), lag(min_low, 48) over ()) as min_low
    )
    from extreme_16
),
-- Rows are sessions, so frames count sessions; age is the number of sessions since the listing, or since the segment began.
rolling as (
    select
        session, set_no, close, total, close_one, total_one, high, low, traded_volume, dollar_volume_usd, grade,
        row_no - line_start + 1 as line_age, row_no - price_start + 1 as price_age, row_no - total_start + 1 as total_age,
        lag(close) over () as close_before, lag(total) over () as total_before,
        sum_close - lag(sum_close, 20, 0) over () as close_20, sum_total - lag(sum_total, 20, 0) over () as total_20,
        sum_close - lag(sum_close, 50, 0) over () as close_50, sum_total - lag(sum_total, 50, 0) over () as total_50,
        sum_close - lag(sum_close, 100, 0) over () as close_100, sum_total - lag(sum_total, 100, 0) over () as total_100,
        sum_close - lag(sum_close, 200, 0) over () as close_200, sum_total - lag(sum_total, 200, 0) over () as total_200,
        cast(lag(sum_held, 1, 0) over () - lag(sum_held, 252, 0) over () as bigint) as held_before,
        held_before & 1023 as n_close, (held_before >> 10) & 1023 as n_total, (held_before >> 20) & 1023 as n_high,
        greatest(lag(max_close, 1) over (), lag(max_close, 65) over (), lag(max_close, 129) over (), lag(max_close, 188) over ()) as max_close,
        least(lag(min_close, 1) over (), lag(min_close, 65) over (), lag(min_close, 129) over (), lag(min_close, 188) over ()) as min_close,
        greatest(lag(max_total, 1) over (), lag(max_total, 65) over (), lag(max_total, 129) over (), lag(max_total, 188) over ()) as max_total,
        least(lag(min_total, 1) over (), lag(min_total, 65) over (), lag(min_total, 129) over (), lag(min_total, 188) over ()) as min_total,
        greatest(lag(max_high, 1) over (), lag(max_high, 65) over (), lag(max_high, 129) over (), lag(max_high, 188) over ()) as max_high,
        least(lag(min_low, 1) over (), lag(min_low, 65) over (), lag(min_low, 129) over (), lag(min_low, 188) over ()) as min_low
    from extreme_64
),
-- One sort for both bases, and only now a row each.
based as (
    select
        session, set_no, is_total, traded_volume, dollar_volume_usd, grade, line_age,
        case when is_total then total_age else price_age end as age,
        case when is_total then total else close end as level,
        case when is_total then total_one else close_one end as level_one,
        case when is_total and total_age > 1 then total_before when not is_total and price_age > 1 then close_before end as level_before,
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
    where session >= $first and set_no is not null
),
signal as (
    select
        session, set_no, is_total, grade, line_age,
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
set_tally as (
    select
        set_no,
        session,
        is_total,
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
        count_if(line_age < 2) as n_young_2,
        count_if(line_age < 20) as n_young_20,
        count_if(line_age < 22) as n_young_22,
        count_if(line_age < 50) as n_young_50,
        count_if(line_age < 100) as n_young_100,
        count_if(line_age < 200) as n_young_200,
        count_if(line_age < 252) as n_young_252,
        count_if(is_used and grade >= ascii('B')) as n_grade_b,
        count_if(is_used and grade >= ascii('C')) as n_grade_c,
        count_if(is_used and grade >= ascii('D')) as n_grade_d
    from signal
    group by set_no, session, is_total
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
expected as (
    select
        universe_id, session, case when is_by_company then n_expected_issuers else n_expected end as n_expected, member_label, member_grade
    from core.member_count
    where session >= $first and session <= $last
)
select
    member_count.universe_id,
    member_count.session,
    basis.basis,
    member_count.n_expected,
    coalesce(sum(tally.n_used), 0) as n_used,
    coalesce(sum(tally.n_advancing), 0) as n_advancing,
    coalesce(sum(tally.n_declining), 0) as n_declining,
    coalesce(sum(tally.n_unchanged), 0) as n_unchanged,
    member_count.n_expected - coalesce(sum(tally.n_advancing + tally.n_declining + tally.n_unchanged), 0) as n_untraded,
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
    coalesce(sum(tally.n_young_2), 0) as n_young_2,
    coalesce(sum(tally.n_young_20), 0) as n_young_20,
    coalesce(sum(tally.n_young_22), 0) as n_young_22,
    coalesce(sum(tally.n_young_50), 0) as n_young_50,
    coalesce(sum(tally.n_young_100), 0) as n_young_100,
    coalesce(sum(tally.n_young_200), 0) as n_young_200,
    coalesce(sum(tally.n_young_252), 0) as n_young_252,
    member_count.member_label,
    case
        when coalesce(sum(tally.n_used), 0) = 0 then member_count.member_grade
        when sum(tally.n_grade_d) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_d) > 0 then 'D'
        when sum(tally.n_grade_c) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_c) > 0 then 'C'
        when sum(tally.n_grade_b) >= param.min_weight * sum(tally.n_used) and sum(tally.n_grade_b) > 0 then 'B'
        else 'A'
    end as pit_grade
from expected as member_count
cross join (values ('price', false), ('total', true)) as basis (basis, is_total)
cross join param
left join tally on tally.universe_id = member_count.universe_id and tally.session = member_count.session and tally.is_total = basis.is_total
group by
    member_count.universe_id, member_count.session, basis.basis, member_count.n_expected, member_count.member_label,
    member_count.member_grade, param.min_weight
order by member_count.session, member_count.universe_id, basis.basis;
