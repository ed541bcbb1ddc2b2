-- One row is one XNYS session of the exchange calendar (methodology 0.5).
-- key: session, load_id
create table raw.calendar_session (
    session date not null,              -- trading date
    open_at timestamp not null,         -- UTC instant of the open
    close_at timestamp not null,        -- UTC instant of the close; 13:00 New York on a half day
    is_early_close boolean not null,    -- true on a half day
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
