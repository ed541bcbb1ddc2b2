-- One row is one input of one table and the build of it that the table has taken in.
-- key: table_name, input_name
create table ops.table_input (
    table_name varchar not null,        -- schema.table
    input_name varchar not null,        -- a table it reads
    build_no bigint not null            -- the input's build_no that was taken in
);
