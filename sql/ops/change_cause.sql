-- One row is one thing that a release knew and the one before it did not, and that concerns sessions which that one had published.
--
-- Rows that landed since, dated before the end of the older release, one row for each load and what they are about; a table made by
-- another version of its file; a load that was taken out of landing. Written at publish, kept from release to release.
-- key: release_id, cause_no
create table ops.change_cause (
    release_id varchar not null,        -- the release that took it in
    cause_no integer not null,          -- numbers the causes of one release
    kind varchar not null check (kind in (
        'CORRECTION',                   -- a row that was there is given with other values
        'LATE_ROW',                     -- a row that was not there
        'ACTION',                       -- a split or distribution, new or changed
        'DECISION',                     -- a person released or kept a quarantined row
        'IDENTITY',                     -- listing, rename or share class
        'DELISTED',                     -- a symbol that stopped answering is given up by its source
        'REVIVED',                      -- one that was given up answers again
        'MEMBERSHIP',                   -- a list or the rule of a cohort
        'METHOD',                       -- a parameter, or the file of a table
        'REMOVED_LOAD'                  -- a load that is no longer in landing
    )),                                 -- what it is
    table_name varchar not null,        -- the raw table it came by; METHOD: the table whose file changed
    load_id varchar,                    -- the landing load that brought it; NULL for a file that changed
    subject varchar,                    -- symbol, cohort or parameter; NULL where the whole table is concerned
    security_id integer,                -- the security of that symbol; NULL where it is none or not known
    first_session date not null,        -- nothing before this date may change because of it; 1900-01-01: all may
    n_rows bigint not null              -- raw rows
);
