-- One row is one split, dividend or capital-gain distribution as a source listed it in one load.
-- key: symbol, ex_date, kind, load_id
create table raw.corporate_action (
    symbol varchar not null,            -- vendor symbol
    ex_date date not null,              -- first date on which the share trades without the entitlement
    kind varchar not null check (kind in ('split', 'dividend', 'capital_gain', 'spin_off')), -- what happened
    amount double not null,             -- split: new shares per old share; otherwise currency per share on basis_date
    currency varchar,                   -- currency of a cash amount; NULL: the source did not say, so that of the prices
    basis_date date not null,           -- session whose share definition a cash amount uses
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
