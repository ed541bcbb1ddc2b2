-- One row is the latest result of one check of one table.
-- key: table_name, claim
create table ops.check_result (
    table_name varchar not null,        -- schema.table
    claim varchar not null,             -- file name of the check, or the kernel's own key_is_unique and has_rows
    is_passed boolean not null,         -- no offending row was found
    is_blocking boolean not null,       -- a failure keeps the old table and the old release
    n_offending bigint not null,        -- rows that break the claim
    sample varchar,                     -- the first of them
    checked_at timestamp not null       -- UTC instant of the check
);
