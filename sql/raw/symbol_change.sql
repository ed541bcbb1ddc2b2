-- One row is one rename of a symbol that a source reported: the line continues under the new symbol.
-- key: old_symbol, new_symbol, changed_on, load_id
create table raw.symbol_change (
    old_symbol varchar not null,        -- symbol before the change
    new_symbol varchar not null,        -- symbol from changed_on
    changed_on date not null,           -- first date under the new symbol
    source varchar not null,            -- simulated, files, yahoo or reference
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
