-- One row is one bar that is in doubt, or whose return does not begin at the bar before it because that one is or was in doubt.
--
-- A move by a usual split ratio without a listed action is a suspected split (A.8), as is a listed split that closes on their own basis
-- do not show (A.6: most often they were adjusted for it, and declared as traded); a large move that fewer shares than usual were
-- traded at is an untraded leap (a vendor's artefact, a line that nobody trades yet): the bar is not used. At the next bar the question
-- is asked again with what is known then: the return begins at the bar in doubt or at the one before it, whichever makes the smaller
-- move. A split nobody listed keeps its new level, a bad print is stepped over. Bars of core.price_correction are always stepped over.
-- All other returns are those of core.price_bar. Made for core.daily_price, which analysts should read.
-- may be empty: no bar may be in doubt
-- key: security_id, session
create table core.return_base (
    security_id integer not null,       -- the security
    session date not null,              -- session of the bar
    session_no integer not null,        -- its number in core.session
    reason varchar check (reason in ('SUSPECT_SPLIT', 'UNTRADED_LEAP', 'BAD_PRINT')), -- why the bar is not used; NULL when it is
    session_no_before integer,          -- session_no of the earlier end of the return; NULL beyond price.gap_max_sessions
    level_before double,                -- level of the earlier end, as in core.price_bar; NULL without a return
    growth double,                      -- later level over earlier level; NULL without a return
    dividend_basis varchar,             -- as in core.price_bar; none where the return joins steps of two kinds
    implied_yield double                -- implied: distributions over the price before
);

insert into core.return_base by name
with recursive param as (
    select
        cast(max(value) filter (where name = 'price.gap_max_sessions') as integer) as gap_max,
        max(value) filter (where name = 'price.suspect_split_tolerance') as tolerance,
        max(value) filter (where name = 'price.large_move') as large_move,
        max(value) filter (where name = 'price.leap_volume_share') as volume_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Moves that are what they are: an action is listed for them, or a person said so.
excused as (
    select
        leap.security_id, leap.session_no,
        max(case when event.split_ratio <> 1 or event.price_only_ratio <> 1 then 1 else 0 end) = 1 as is_ratio_listed,
        max(case when event.is_factor_unknown then 1 else 0 end) = 1 as is_ratio_set_aside
    from core.price_leap as leap
    join core.corporate_action as event on event.security_id = leap.security_id and event.ex_session <= leap.session
    join core.session as ex on ex.session = event.ex_session and ex.session_no > leap.session_no_before
    group by leap.security_id, leap.session_no
),
released as (
    select
        security_id, session,
        bool_or(reason = 'SUSPECT_SPLIT') as is_no_split,
        bool_or(reason = 'UNTRADED_LEAP') as is_traded
    from core.quarantine_release
    group by security_id, session
),
-- Whatever can be in doubt: moves of more than 2, leaps without volume, and bad prints.
link as (
    select
        leap.security_id, leap.session, leap.session_no, leap.session_no_before, leap.level_before, leap.growth,
        leap.dividend_basis, leap.implied_yield, bad.session is not null as is_bad, bad.first_session < leap.session as is_bad_later,
        not coalesce(excused.is_ratio_listed, false) and not coalesce(released.is_no_split, false) as is_split_possible,
        leap.is_leap and coalesce(leap.volume_share <= param.volume_share, false)
            and abs(ln(leap.growth + coalesce(leap.implied_yield, 0))) > ln(param.large_move)
            and excused.security_id is null and not coalesce(released.is_traded, false) as is_untraded,
        -- A ratio that is set aside has no return already.
        leap.is_unshown and not coalesce(excused.is_ratio_set_aside, false) and not coalesce(released.is_no_split, false) as is_unshown,
        is_unshown or is_untraded or bad.session is not null or coalesce(leap.growth > 2 or leap.growth < 0.5, false) as is_doubtful
    from core.price_leap as leap
    cross join param
    left join core.price_correction as bad
        on bad.security_id = leap.security_id and bad.session = leap.session and not bad.is_released
    left join excused on excused.security_id = leap.security_id and excused.session_no = leap.session_no
    left join released on released.security_id = leap.security_id and released.session = leap.session
),
-- From the bar before the first one in doubt on, bar by bar, as long as there is doubt.
walk as (
    select
        link.security_id, cast(null as date) as session, link.session_no_before as session_no, cast(null as integer) as session_no_before,
        cast(null as double) as level_before, cast(null as double) as growth, cast(null as varchar) as dividend_basis,
        cast(null as double) as implied_yield, cast(null as varchar) as reason, false as is_bad, true as is_doubtful, false as is_over
    from link
    where link.is_doubtful and not exists (
        from link as earlier
        where earlier.security_id = link.security_id and earlier.session_no = link.session_no_before and earlier.is_doubtful
    )
    union all
    select
        security_id, session, session_no, session_no_before, level_before, growth, dividend_basis, implied_yield,
        case
            when is_bad_later then 'BAD_PRINT'
            when is_unshown and not is_over then 'SUSPECT_SPLIT'
            when (growth > 2 or growth < 0.5) and is_split_possible
                and list_min([least(abs(growth / q - 1), abs(growth * q - 1)) for q in [3, 4, 5, 8, 10, 15, 20, 25, 30, 50, 100]]) <= tolerance
                then 'SUSPECT_SPLIT'
            when is_untraded and abs(ln(growth)) > ln(large_move) then 'UNTRADED_LEAP'
            when is_bad then 'BAD_PRINT'
        end,
        is_bad, is_doubtful, is_over
    from (
        select
            next.security_id, next.session, next.session_no, next.is_bad, next.is_bad_later, next.is_doubtful, step.is_over, param.tolerance,
            next.is_split_possible, next.is_untraded, next.is_unshown, param.large_move,
            case when step.is_over then walk.session_no_before else next.session_no_before end as session_no_before,
            case when step.is_over then walk.level_before else next.level_before end as level_before,
            case when step.is_over then walk.growth * next.growth else next.growth end as growth,
            case
                when step.is_over and walk.dividend_basis <> next.dividend_basis then 'none' else next.dividend_basis
            end as dividend_basis,
            case when step.is_over then walk.implied_yield + walk.growth * next.implied_yield else next.implied_yield end as implied_yield
        from walk
        cross join param
        join link as next on next.security_id = walk.security_id and next.session_no_before = walk.session_no
        cross join lateral (
            select walk.is_bad or walk.reason is not null and coalesce(
                next.session_no - walk.session_no_before <= param.gap_max and abs(ln(walk.growth * next.growth)) < abs(ln(next.growth)),
                false
            ) as is_over
        ) as step
        where walk.is_doubtful
    ) as moved
)
select
    walk.security_id,
    walk.session,
    walk.session_no,
    walk.reason,
    case when reach.is_near then walk.session_no_before end as session_no_before,
    case when reach.is_near then walk.level_before end as level_before,
    case when reach.is_near then walk.growth end as growth,
    case when reach.is_near then walk.dividend_basis end as dividend_basis,
    case when reach.is_near then walk.implied_yield end as implied_yield
from walk
cross join param
cross join lateral (
    select walk.reason is null and walk.growth is not null and walk.session_no - walk.session_no_before <= param.gap_max as is_near
) as reach
where walk.reason is not null or walk.is_over
order by walk.session_no, walk.security_id;
