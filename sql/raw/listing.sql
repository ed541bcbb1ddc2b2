-- One row is what a source said about one symbol's listing in one load: name, kind, exchange, labels, life span.
-- key: symbol, load_id
create table raw.listing (
    symbol varchar not null,            -- vendor symbol
    name varchar,                       -- company or fund name
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX', 'UNIT', 'WARRANT', 'RIGHT', 'PREFERRED', 'NOTE', 'FUND')), -- what the source calls it
    exchange varchar,                   -- vendor exchange code (NYQ, NMS, ...)
    currency varchar,                   -- trading currency, GBp and the like for hundredths; NULL: the source did not say
    issuer_key varchar,                 -- whatever groups the share classes of one company (CIK, name); NULL: the symbol alone
    sector varchar,                     -- vendor sector label of today (grade D)
    industry varchar,                   -- vendor industry label of today (grade D)
    first_session date,                 -- first trading date if the source knows it; later than bars held under the symbol: see core.symbol_reuse
    last_session date,                  -- last trading date if the symbol no longer trades
    delist_reason varchar check (delist_reason in ('MERGER_CASH', 'MERGER_STOCK', 'PERFORMANCE', 'LIQUIDATION', 'EXCHANGE_MOVE', 'UNKNOWN')), -- why it ended
    delist_return double,               -- return of the session after the last trade if the source knows it, decimal
    decided_on date,                    -- session on which the source gave up a symbol that nobody said had ended (A.9); NULL: the end is told
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
