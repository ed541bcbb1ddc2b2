-- One row is one daily bar of one symbol as a source served it in one load; nothing is corrected here.
--
-- A vendor series is only meaningful with the date of its share basis, so every bar carries `price_basis` and
-- `basis_date` (methodology 0.2). Where one symbol and session was served twice, `core.daily_price` takes the lowest
-- `precedence`, then the latest load, and never mixes two bases inside one return.
-- key: symbol, session, precedence, load_id
create table raw.price_bar (
    symbol varchar not null,            -- vendor symbol, Yahoo spelling (BRK-B)
    session date not null,              -- trading date the bar describes
    open double,                        -- currency per share on basis_date
    high double,                        -- currency per share on basis_date
    low double,                         -- currency per share on basis_date
    close double,                       -- currency per share on basis_date; NULL when the source has only an adjusted close
    adj_close double,                   -- vendor close adjusted for splits and dividends, currency; a check, or the only price
    volume double,                      -- shares traded, on basis_date
    currency varchar,                   -- currency of the prices, GBp and the like for hundredths; NULL: the source did not say
    price_basis varchar not null check (price_basis in ('as_traded', 'split_adjusted', 'adjusted_only')), -- what close is adjusted for
    dividend_basis varchar not null check (dividend_basis in ('listed', 'implied', 'none')), -- dividends: in raw.corporate_action, to be implied from adj_close, or unknown
    basis_date date not null,           -- session whose share definition the prices use
    precedence smallint not null default 0, -- 0 is the most trusted source of this table; higher yields to lower
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
