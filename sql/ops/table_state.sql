-- One row is the present state of one table: by which version of its file it was filled, and how often it changed.
-- key: table_name
create table ops.table_state (
    table_name varchar not null,        -- schema.table
    code_version varchar not null,      -- version of its file (and transform) that filled it
    build_no bigint not null,           -- counts the builds that changed a row
    n_rows bigint not null,             -- rows it holds
    built_at timestamp not null         -- UTC instant of the last build that changed a row
);
