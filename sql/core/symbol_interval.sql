-- One row is one spell of a security under one symbol, so that lists which spell symbols of the day can be resolved (A.9).
-- key: symbol, valid_from
create table core.symbol_interval (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- the symbol it had
    valid_from date not null,           -- first date under the symbol
    valid_to date                       -- first date no longer under it; NULL while it is
);
