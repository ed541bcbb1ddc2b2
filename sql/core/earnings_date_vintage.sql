-- One row is one spell during which the sources showed one date and timing for one expected or past announcement (F.2).
-- key: event_id, known_from
create table core.earnings_date_vintage (
    event_id varchar not null,          -- as in core.earnings_event
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    known_from date not null,           -- first session at whose close this version was on show
    known_to date,                      -- first session of the next version; NULL for the latest
    announced_on date not null,         -- New York date shown
    timing varchar not null,            -- BMO, DMH, AMC or UNKNOWN
    reaction_session date,              -- first session that could react to it
    status varchar not null             -- REPORTED, CONFIRMED or ESTIMATED
);
