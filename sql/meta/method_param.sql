-- One row is one parameter of the methodology in force: the threshold or length that the tables of this file were made with.
-- key: name
create table meta.method_param (
    name varchar not null,              -- dotted name, table first: breadth.min_names
    value double not null,              -- the number
    unit varchar not null,              -- what it counts or measures
    meaning varchar not null,           -- one sentence and the section of the methodology
    source varchar not null,            -- who set it: reference, or the market source
    fetched_at timestamp not null       -- UTC instant at which it was landed
);

insert into meta.method_param by name
select name, value, unit, meaning, source, fetched_at
from raw.method_param
where load_id = (select max(load_id) from raw.method_param);
