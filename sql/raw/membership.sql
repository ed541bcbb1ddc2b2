-- One row is one stay of a symbol in a given-list universe, half-open in dates (methodology B.1, B.3).
-- key: universe_id, symbol, valid_from, load_id
create table raw.membership (
    universe_id varchar not null,       -- SP500, SP400, SP600, NDX100, DOW30, ...
    symbol varchar not null,            -- symbol as the list spells it, Yahoo style
    valid_from date not null,           -- first date at whose open the symbol is in
    valid_to date,                      -- first date at whose open it is out; NULL while it is in
    bias_label varchar not null check (bias_label in ('PIT_FULL', 'CURRENT_LIST')), -- dated list, or today's list applied to the past
    source varchar not null,            -- simulated, files, yahoo or reference
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
