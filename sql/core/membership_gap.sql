-- One row is one stay in a dated list whose symbol the warehouse holds no price line for: expected members that are missed.
-- key: universe_id, symbol, valid_from
create table core.membership_gap (
    universe_id varchar not null,       -- the dated list
    symbol varchar not null,            -- symbol as the list spells it
    valid_from date not null,           -- first date in
    valid_to date                       -- first date out; NULL while in
);
