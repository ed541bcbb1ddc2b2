-- One row is one decision of a person about a quarantined row: to use it after all, or to leave it out for good (A.8).
-- key: symbol, session, reason, load_id
create table raw.quarantine_decision (
    symbol varchar not null,            -- vendor symbol
    session date not null,              -- date of the bar, or ex-date of the action
    reason varchar not null,            -- reason of the quarantine, as in ops.quarantine
    decision varchar not null check (decision in ('release', 'keep')), -- release: use it; keep: it was looked at and stays out
    note varchar,                       -- why
    source varchar not null,            -- operator
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the decision
);
