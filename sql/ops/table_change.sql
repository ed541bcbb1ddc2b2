-- One row is one build that changed rows of a table, and from which session on.
-- key: table_name, build_no
create table ops.table_change (
    table_name varchar not null,        -- schema.table
    build_no bigint not null,           -- as in ops.table_state
    changed_from date not null,         -- earliest session whose rows changed; 1900-01-01: all of history
    changed_at timestamp not null       -- UTC instant of the build
);
