-- One row is one security: a line that trades, under a surrogate id that nothing downstream replaces by a symbol.
-- key: security_id
create table core.security (
    security_id integer not null,       -- stable: numbered by first landing load, then symbol
    issuer_id integer not null,         -- the company behind the line: the smallest security_id of its lines
    is_primary boolean not null,        -- the line whose price prices the company
    symbol varchar not null,            -- latest symbol
    name varchar,                       -- company or fund name
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX')), -- what it is
    exchange varchar,                   -- vendor exchange code, of today (grade D)
    sector varchar,                     -- vendor sector label, of today (grade D)
    industry varchar,                   -- vendor industry label, of today (grade D)
    currency varchar not null,          -- trading currency
    first_session date,                 -- first session with a bar
    last_session date,                  -- last session with a bar
    delist_session date,                -- last trading session when the line ended; NULL while it trades
    delist_reason varchar,              -- why it ended (methodology A.5)
    delist_return double,               -- return booked on the session after the last trade, decimal
    is_delist_return_assumed boolean not null -- true when delist_return is the assumption of A.5
);
