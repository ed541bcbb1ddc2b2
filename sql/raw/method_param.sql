-- One row is one default of the methodology: a threshold or a length that a rule uses.
-- key: name, load_id
create table raw.method_param (
    name varchar not null,              -- dotted name, table first: breadth.min_names
    value double not null,              -- the number
    unit varchar not null,              -- what it counts or measures
    meaning varchar not null,           -- one sentence and the section of the methodology
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
