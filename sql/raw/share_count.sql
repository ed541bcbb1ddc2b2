-- One row is one count of shares outstanding that a source reported.
-- key: symbol, as_of, known_on, kind, shares, load_id
create table raw.share_count (
    symbol varchar not null,            -- vendor symbol
    as_of date not null,                -- date the count describes
    known_on date not null,             -- date on which it became public (filing or vendor pick-up)
    shares double,                      -- single shares on basis_date, as reported, however absurd
    kind varchar not null check (kind in ('vendor', 'reported')), -- vendor pick-up series, or a company filing
    basis_date date not null,           -- session whose share definition the count uses
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
