-- One row is the assignment of a share class to its issuer where the symbol alone does not tell (methodology B.6).
-- key: symbol, load_id
create table raw.issuer_line (
    symbol varchar not null,            -- share class
    issuer_key varchar not null,        -- the issuer's key, shared by its classes
    is_primary boolean not null,        -- the line whose price prices the company
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
