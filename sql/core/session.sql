-- One row is one XNYS session, numbered without holes, up to the last session that the warehouse holds.
--
-- Numbers count from the first session of the calendar, so that older data that arrive late renumber nothing. A bar that
-- describes a session after its own fetch does not move the end.
-- key: session
create table core.session (
    session date not null,              -- trading date
    session_no integer not null,        -- 1, 2, 3, ... in date order; differences count sessions
    previous_session date,              -- the session before; NULL for the first
    open_at timestamp not null,         -- UTC instant of the open
    close_at timestamp not null,        -- UTC instant of the close
    is_early_close boolean not null,    -- true on a half day
    is_month_end boolean not null,      -- last session of its calendar month
    month_no integer not null           -- 12 * year + month - 1; differences count months
);

insert into core.session by name
with calendar as (
    select
        session, open_at, close_at, is_early_close,
        row_number() over (order by session) as session_no,
        lag(session) over (order by session) as previous_session,
        lead(session) over (order by session) as next_session
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
held as (
    select max(session) as last_session
    from raw.price_bar
    -- A session of New York ends on the same or the next date in UTC.
    where (close > 0 or adj_close > 0) and session <= cast(fetched_at as date) + 1
)
select
    calendar.session,
    calendar.session_no,
    calendar.previous_session,
    calendar.open_at,
    calendar.close_at,
    calendar.is_early_close,
    -- Judged by the calendar: the month of a session that is not over must not look complete.
    coalesce(month(calendar.next_session) <> month(calendar.session), false) as is_month_end,
    12 * year(calendar.session) + month(calendar.session) - 1 as month_no
from calendar
join held on calendar.session <= held.last_session
order by calendar.session;
