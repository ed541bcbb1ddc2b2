-- One row is one count of shares outstanding that a source reported.
-- key: symbol, as_of, known_on, kind, shares, load_id
create table raw.share_count (
    symbol varchar not null,            -- vendor symbol
    as_of date not null,                -- date the count describes
    known_on date not null,             -- date on which it became public (filing or vendor pick-up)
    shares double,                      -- single shares on basis_date, as reported, however absurd
    kind varchar not null check (kind in ('cover_page', 'reported', 'balance_sheet', 'vendor', 'diluted')), -- of a filing's cover, of a filing (place not told), of a balance sheet, a vendor's pick-up, a diluted weighted average
    basis_date date not null,           -- session whose share definition the count uses
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
