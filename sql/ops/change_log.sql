-- One row is one value of closed history that one release gives otherwise than the release before it, and why.
--
-- Closed history is every session that the older release had. Compared are the tables of core and mart whose rows belong to a session,
-- and the stays of members. A value may change only because of something that is in ops.change_cause and not dated later than the
-- value itself; anything else is UNEXPLAINED and keeps the release from being published (ROTATION_ON_UNEXPLAINED_CHANGE).
-- Of one table the values of 2,000 changed rows are told; the other rows are counted in one row for each kind of cause.
-- key: release_id, change_no
create table ops.change_log (
    release_id varchar not null,        -- the release that first gave the new value
    change_no integer not null,         -- numbers the changes of one release
    table_name varchar not null,        -- schema.table
    session date,                       -- session of the row, or the first one of a stay
    row_key varchar,                    -- the key of the row, as JSON; NULL in the row that counts the rest
    change varchar not null check (change in ('CHANGED', 'APPEARED', 'VANISHED', 'MORE')), -- what became of the row; MORE: not told one by one
    column_name varchar,                -- CHANGED: the column
    old_value varchar,                  -- CHANGED: what the older release gives; VANISHED: the row as JSON
    new_value varchar,                  -- CHANGED: what the new one gives; APPEARED: the row as JSON
    n_changes bigint not null,          -- 1; MORE: how many
    cause varchar not null,             -- kind of the nearest cause, as in ops.change_cause, or UNEXPLAINED
    cause_no integer,                   -- the nearest cause: of the same security before others, then the latest; NULL when UNEXPLAINED
    n_causes bigint not null            -- causes that may have moved it
);
