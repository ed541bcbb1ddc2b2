-- One row is one way in which a load says something else about the past than was landed before, or contradicts itself (A.7).
--
-- A bar that is served again as it was is not landed again; what differs is, and this row says how. A basis change restates
-- every earlier price by one ratio that a listed split explains: nothing is landed for it, because prices are kept with the
-- basis they came on.
-- key: symbol, kind, item, first_session, load_id
create table raw.restatement (
    symbol varchar not null,            -- vendor symbol
    kind varchar not null check (kind in (
        'BASIS_CHANGE', 'SUSPECT_SPLIT', 'SPLIT_NOT_APPLIED', 'CORRECTION', 'LATE_ROW', 'DROPPED_ROW',
        'ACTION_ADDED', 'ACTION_CHANGED', 'ACTION_REMOVED', 'CONTRADICTED_DIVIDEND', 'RENAMED'
    )),                                 -- what happened (A.7)
    item varchar not null,              -- close, volume, bar, split, dividend, capital_gain or symbol
    first_session date not null,        -- first session (or ex-date) concerned
    last_session date not null,         -- last one
    n_sessions bigint not null,         -- sessions concerned
    old_value double,                   -- what was held, of the last session concerned, on its own basis
    new_value double,                   -- what is served now
    ratio double,                       -- the common ratio new over old, where there is one
    note varchar not null,              -- the explanation in words
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
