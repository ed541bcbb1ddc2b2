-- One row is what became of one thing that was due in one load: due = landed + failed + excused + waiting.
--
-- Waiting: not asked for yet, because the budget of requests was spent or the vendor wanted a rest; a later run asks.
-- key: dataset, subject, load_id
create table ops.fetch_ledger (
    dataset varchar not null,           -- raw table the answer belongs to
    subject varchar not null,           -- symbol, file, page or calendar day that was due
    outcome varchar not null check (outcome in ('landed', 'failed', 'excused', 'waiting')), -- what became of it
    n_rows bigint not null,             -- rows that were landed
    first_session date,                 -- first session among them
    last_session date,                  -- last session among them
    reason varchar,                     -- why it failed, was excused or waits
    n_attempts integer not null,        -- requests or reads it took
    source varchar not null,            -- simulated, files, yahoo or reference
    load_id varchar not null,           -- the landing load
    fetched_at timestamp not null       -- UTC instant of the fetch
);
