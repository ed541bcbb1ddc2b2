-- One row is one line's market cap on one session, and its issuer's, from the counts known that day (B.6, E.1).
-- key: security_id, session
create table core.market_cap (
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- the company
    session date not null,              -- session of the close
    shares double not null,             -- shares outstanding known at the close, on the session's basis
    line_cap_usd double not null,       -- close * shares
    issuer_cap_usd double not null,     -- sum of the company's lines, company-level counts taken once
    is_primary boolean not null,        -- the line that stands for the company where companies are counted
    is_stale boolean not null,          -- priced with a close one to five sessions old
    pit_grade varchar not null          -- worst grade of price and share count
);
