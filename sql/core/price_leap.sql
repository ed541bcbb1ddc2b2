-- One row is one bar that moved by more than price.large_move from the bar before it, or did not move by a listed split, or one of the
-- bars that follow such a bar.
--
-- All that a judgement about a large move needs to see: the bars up to price.reversal_sessions sessions after it, and the next one
-- wherever it is. Few bars in a thousand. Made from core.price_bar for core.price_correction and core.return_base. No index is here.
-- may be empty: no price may leap
-- key: security_id, session
create table core.price_leap (
    security_id integer not null,       -- the security
    session date not null,              -- trading date
    session_no integer not null,        -- number of the session in core.session
    is_leap boolean not null,           -- the bar itself moved by more than price.large_move
    is_unshown boolean not null,        -- a split beyond price.large_move is listed, and the closes served are nearer to none (A.6)
    session_no_before integer,          -- session_no of the bar before; NULL beyond price.gap_max_sessions
    level_before double,                -- as in core.price_bar
    growth double,                      -- level over the one before; NULL without a return
    low_share double,                   -- low over level; NULL without a low
    high_share double,                  -- high over level; NULL without a high
    volume_share double,                -- of a leap: volume over the median of the price.leap_volume_sessions before; NULL if fewer than price.leap_volume_min_bars tell
    dividend_basis varchar,             -- as in core.price_bar
    implied_yield double                -- as in core.price_bar
);

insert into core.price_leap by name
with param as (
    select
        cast(max(value) filter (where name = 'price.gap_max_sessions') as integer) as gap_max,
        cast(max(value) filter (where name = 'price.reversal_sessions') as integer) as reversal_sessions,
        cast(max(value) filter (where name = 'price.leap_volume_sessions') as integer) as volume_sessions,
        max(value) filter (where name = 'price.leap_volume_min_bars') as volume_min_bars,
        max(value) filter (where name = 'price.large_move') as large_move
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Far enough back for the leap that a bar of the window follows.
horizon as (
    select min(session.session_no) as first_no, min(session.session_no) - max(greatest(param.gap_max, param.reversal_sessions)) as look_back_no
    from core.session as session
    cross join param
    where session.session >= $first
),
moved as (
    select
        bar.security_id, bar.session_no, bar.growth,
        bar.is_split_unshown as is_unshown
    from core.price_bar as bar
    join core.line as line on line.security_id = bar.security_id and line.kind <> 'INDEX'
    where bar.session >= $first
    union all
    select held.security_id, held.session_no, held.growth, held.is_unshown
    from core.price_leap as held
    join horizon on held.session_no >= horizon.look_back_no
    where held.session < $first
),
leap as materialized (
    select moved.security_id, moved.session_no, abs(ln(moved.growth)) > ln(param.large_move) as is_large, moved.is_unshown
    from moved
    cross join param
    -- A suspected split is a move of more than 2, whatever counts as large.
    where moved.growth > least(param.large_move, 2) or moved.growth < 1 / greatest(least(param.large_move, 2), 1) or moved.is_unshown
),
near as materialized (
    select security_id, session_no, bool_or(is_leap) as is_leap, bool_or(is_unshown) as is_unshown
    from (
        select security_id, session_no, is_large as is_leap, is_unshown from leap
        union all
        select leap.security_id, leap.session_no + unnest(generate_series(1, param.reversal_sessions)), false, false
        from leap
        cross join param
        union all
        select bar.security_id, bar.session_no, false, false
        from core.price_bar as bar
        join leap on leap.security_id = bar.security_id and leap.session_no = bar.session_no_before
        where bar.session >= $first
    ) as found
    group by security_id, session_no
),
-- On the first share basis, so that a split in between is no change of volume. A stale session traded nothing.
earlier as (
    select
        day.security_id, day.session_no,
        case when bar.reason = 'STALE_PRICE' then 0 else bar.volume * bar.close_usd / nullif(bar.level, 0) end as volume
    from (
        select leap.security_id, leap.session_no, leap.session_no - unnest(generate_series(1, param.volume_sessions)) as earlier_no
        from leap
        cross join param
        join horizon on leap.session_no >= horizon.first_no
        where leap.is_large
    ) as day
    join core.price_bar as bar on bar.security_id = day.security_id and bar.session_no = day.earlier_no
),
usual as (
    select security_id, session_no, median(volume) as volume, count(volume) as n_bars from earlier group by security_id, session_no
)
select
    bar.security_id,
    bar.session,
    bar.session_no,
    near.is_leap,
    near.is_unshown,
    bar.session_no_before,
    bar.level_before,
    bar.growth,
    case when bar.low > 0 and bar.level > 0 then bar.low / bar.level end as low_share,
    case when bar.high > 0 and bar.level > 0 then bar.high / bar.level end as high_share,
    case
        -- What nobody traded before has no usual volume: whatever it trades is none of it.
        when usual.n_bars < param.volume_min_bars then null
        when usual.volume = 0 and bar.volume is not null then 0
        else bar.volume * bar.close_usd / nullif(bar.level, 0) / nullif(usual.volume, 0)
    end as volume_share,
    bar.dividend_basis,
    bar.implied_yield
from core.price_bar as bar
cross join param
join near on near.security_id = bar.security_id and near.session_no = bar.session_no
left join usual on usual.security_id = bar.security_id and usual.session_no = bar.session_no
where bar.session >= $first and bar.reason is null
order by bar.session_no, bar.security_id;
