-- One row is the description of one table of this file.
-- key: table_name
create table meta.table_doc (
    table_name varchar not null,        -- schema.table
    description varchar not null,       -- what one row is, and what to know about it
    key varchar not null,               -- columns that identify a row
    filled_by varchar not null,         -- what it is made from, and how it is redone
    code_version varchar not null       -- version of its file under sql/
);
