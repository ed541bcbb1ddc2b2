-- One row is one pair of funds whose return difference stands for a style (methodology D.8).
-- key: spread_id, load_id
create table raw.etf_spread (
    spread_id varchar not null,         -- etf_small_tech, ...
    long_symbol varchar not null,       -- fund held long
    short_symbol varchar not null,      -- fund held short
    measures varchar not null,          -- what the spread measures
    caution varchar,                    -- how it misleads
    break_on date,                      -- the series may not be compared across this date
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
