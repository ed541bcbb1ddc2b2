-- One row is one question that an analyst may ask, with the query over this file that answers it.
-- key: name
create table meta.query_example (
    name varchar not null,              -- file name under sql/queries, to be used with `rotation query`
    question varchar not null,          -- the question
    sql varchar not null                -- the query
);
