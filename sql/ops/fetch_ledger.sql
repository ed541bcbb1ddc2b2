-- One row is what became of one thing a source was asked for in one load: asked = landed + failed + excused.
-- key: dataset, subject, load_id
create table ops.fetch_ledger (
    dataset varchar not null,           -- raw table the answer belongs to
    subject varchar not null,           -- symbol, file or calendar day that was asked for
    outcome varchar not null check (outcome in ('landed', 'failed', 'excused')), -- what became of it
    n_rows bigint not null,             -- rows that were landed
    first_session date,                 -- first session among them
    last_session date,                  -- last session among them
    reason varchar,                     -- why it failed or was excused
    n_attempts integer not null,        -- requests or reads it took
    source varchar not null,            -- simulated, files, yahoo or reference
    load_id varchar not null,           -- the landing load
    fetched_at timestamp not null       -- UTC instant of the fetch
);
