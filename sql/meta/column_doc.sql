-- One row is the description of one column of this file.
-- key: table_name, column_name
create table meta.column_doc (
    table_name varchar not null,        -- schema.table
    column_name varchar not null,       -- column
    position integer not null,          -- 1 for the first
    type varchar not null,              -- DuckDB type
    is_nullable boolean not null,       -- may be NULL
    meaning varchar not null,           -- meaning and unit
    derived_from varchar                -- columns its value flows from, schema.table.column; NULL when filled by code
);
