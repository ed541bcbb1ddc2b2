-- One row is one table macro of this file: a table that takes arguments, to be read as `select * from prices_asof(timestamp '2026-01-14 22:00')`.
-- key: macro_name
create table meta.macro_doc (
    macro_name varchar not null,        -- name
    call varchar not null,              -- name with its parameters: prices_asof(ts)
    description varchar not null,       -- what one row of its answer is, and what to know about it
    parameters varchar not null,        -- one line a parameter: name, colon, meaning
    columns varchar not null,           -- one line a column of the answer: name, colon, meaning and unit
    code_version varchar not null       -- version of its file under sql/
);
