-- One row is one bar judged a bad print after the fact: the price leapt away with its whole range and soon came back (A.8).
--
-- A large move that is undone by price.reversal_share of its log and more within price.reversal_sessions sessions is a bad print if
-- every bar of the time away lies wholly out there: its low (after a rise) or high (after a fall) at least that share of the way from
-- the close before. A bar that traded its way out or back is a price, however wild; so is one without a high and a low.
-- The judgement looks ahead: decided_session says from when on it could be made. core.return_base takes the bars out.
-- may be empty: no print may be bad
-- key: security_id, session
create table core.price_correction (
    security_id integer not null,       -- the security
    session date not null,              -- session of the bar
    session_no integer not null,        -- its number in core.session
    reason varchar not null check (reason in ('REVERSED')), -- what shows that the bar is wrong
    first_session date not null,        -- session of the leap, the first bar of the time away
    decided_session date not null,      -- session whose close completed the reversal; the first bar that is right again
    move double not null,               -- close of first_session over the close before it, less 1
    move_back double not null,          -- close of decided_session over that of first_session, less 1
    is_released boolean not null        -- a person released one of the bars: none of them is taken out
);

insert into core.price_correction by name
with recursive param as (
    select
        cast(max(value) filter (where name = 'price.reversal_sessions') as integer) as reversal_sessions,
        max(value) filter (where name = 'price.reversal_share') as reversal_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Every bar from a leap on, with the way from the close before the leap.
path as (
    select
        leap.security_id, leap.session_no as first_no, leap.session as first_session, leap.growth as leap_growth,
        bar.session_no, bar.session, bar.low_share, bar.high_share,
        -- Folded in order, so that the product is the same in any plan.
        list_reduce(list(bar.growth) over so_far, lambda x, y: x * y) as way,
        count(*) over so_far = count(bar.growth) over so_far as is_known
    from core.price_leap as leap
    cross join param
    join core.price_leap as bar
        on bar.security_id = leap.security_id
        and bar.session_no >= leap.session_no and bar.session_no <= leap.session_no + param.reversal_sessions
    where leap.is_leap
    window so_far as (partition by leap.security_id, leap.session_no order by bar.session_no)
),
placed as (
    select
        path.security_id, path.first_no, path.first_session, path.session_no, path.session, path.leap_growth, path.way,
        path.is_known and ln(path.way) / ln(path.leap_growth) <= 1 - param.reversal_share as is_back,
        -- How far out the nearest price of the bar lies, as a share of the leap.
        ln(path.way * case when path.leap_growth > 1 then path.low_share else path.high_share end) / ln(path.leap_growth)
            >= param.reversal_share as is_far
    from path
    cross join param
),
return_bar as (
    select security_id, first_no, first_session, session_no as back_no, session as decided_session, leap_growth, way
    from placed
    where is_back
    qualify row_number() over (partition by security_id, first_no order by session_no) = 1
),
trip as (
    select back.security_id, back.first_no, back.first_session, back.back_no, back.decided_session, back.leap_growth, back.way
    from return_bar as back
    join placed as away
        on away.security_id = back.security_id and away.first_no = back.first_no and away.session_no < back.back_no
    group by all
    having bool_and(coalesce(away.is_far, false))
),
-- Trips of one security follow one another: what leaps away from a bad print is no bad print itself.
kept as (
    select security_id, min(first_no) as first_no, min(back_no) as back_no
    from trip
    group by security_id
    union all
    select trip.security_id, min(trip.first_no), arg_min(trip.back_no, trip.first_no)
    from kept
    join trip on trip.security_id = kept.security_id and trip.first_no > kept.back_no
    group by trip.security_id
),
released as (
    select distinct trip.security_id, trip.first_no
    from trip
    join core.quarantine_release as release
        on release.security_id = trip.security_id and release.reason in ('BAD_PRINT', 'SUSPECT_SPLIT', 'UNTRADED_LEAP')
        and release.session >= trip.first_session and release.session < trip.decided_session
)
select
    away.security_id,
    away.session,
    away.session_no,
    'REVERSED' as reason,
    trip.first_session,
    trip.decided_session,
    trip.leap_growth - 1 as move,
    trip.way / trip.leap_growth - 1 as move_back,
    released.security_id is not null as is_released
from kept
join trip on trip.security_id = kept.security_id and trip.first_no = kept.first_no
join placed as away on away.security_id = trip.security_id and away.first_no = trip.first_no and away.session_no < trip.back_no
left join released on released.security_id = trip.security_id and released.first_no = trip.first_no
order by away.session_no, away.security_id;
