-- One row is one XNYS session, numbered without holes, up to the last session that the warehouse holds.
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
