-- One row is one file of a landing load that a raw table has taken in.
-- key: load_id, table_name
create table ops.load (
    load_id varchar not null,           -- folder name under landing/
    table_name varchar not null,        -- raw table
    source varchar not null,            -- simulated, files, yahoo or reference
    n_rows bigint not null,             -- rows in the file
    fetched_at timestamp not null       -- UTC instant of the fetch
);
