-- One row is the vendor's quote of one symbol in one load: the day's prices, its size and its per-share figures.
--
-- One request brings 250 of these, so the whole market is swept every session. A quote tells no splits and no dividends; bars
-- are made of it (in raw.price_bar, by the source) only when it was fetched after its session was final.
-- key: symbol, load_id
create table raw.quote (
    symbol varchar not null,            -- vendor symbol
    session date not null,              -- New York date of the last trade
    quoted_at timestamp not null,       -- UTC instant of the last trade
    name varchar,                       -- company or fund name
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX')), -- what the symbol is
    exchange varchar,                   -- vendor exchange code (NYQ, NMS, ...)
    currency varchar,                   -- trading currency
    financial_currency varchar,         -- currency of the per-share figures below the prices
    open double,                        -- first trade of the session, per share
    high double,                        -- highest trade
    low double,                         -- lowest trade
    close double,                       -- last trade
    volume double,                      -- shares traded
    previous_close double,              -- close of the session before, on the share basis of this one
    market_cap double,                  -- as the vendor says, company-wide for some and of the class for others, trading currency
    shares double,                      -- shares of the quoted class
    eps_trailing double,                -- earnings per share of the last four quarters, on basis_date
    eps_forward double,                 -- expected earnings per share of the next fiscal year, on basis_date
    eps_current_year double,            -- expected earnings per share of the running fiscal year, on basis_date
    book_value_per_share double,        -- on basis_date
    dividend_rate_trailing double,      -- dividends per share of the last twelve months; 0: none
    earnings_from timestamp,            -- UTC start of the window of the next earnings release
    earnings_to timestamp,              -- UTC end of that window
    is_earnings_date_estimate boolean,  -- the vendor calls the window an estimate
    first_session date,                 -- first trading date
    basis_date date not null,           -- session whose share definition the figures use
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
