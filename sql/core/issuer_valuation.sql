-- One row is one company on one session: market cap and trailing earnings, both as known at that close (E.1).
-- key: issuer_id, session
create table core.issuer_valuation (
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    session date not null,              -- session of the close
    market_cap_usd double not null,     -- issuer market cap
    eps_street_usd double,              -- trailing street EPS per share of the session, USD
    earnings_street_usd double,         -- trailing street EPS * shares, USD
    earnings_gaap_usd double,           -- trailing net income, USD
    revenue_usd double,                 -- trailing revenue, USD
    book_equity_usd double,             -- latest known book equity, USD
    street_null_reason varchar,         -- why earnings_street_usd is NULL
    gaap_null_reason varchar,           -- why earnings_gaap_usd is NULL
    pit_grade varchar not null          -- worst grade of cap and earnings
);
