-- One row is one spell of the share count of a security as an investor knew it (E.1), with absurd counts flagged.
-- key: security_id, known_from
create table core.share_count (
    security_id integer not null,       -- the line
    known_from date not null,           -- first session at whose close the count was known
    known_to date,                      -- first session of the next count; NULL for the latest
    as_of date not null,                -- date the count describes
    shares_fwd double,                  -- shares on the first share basis (reported / share_factor of its basis); NULL when quarantined
    shares_reported double,             -- the count as reported
    kind varchar not null,              -- vendor or reported
    is_jump boolean not null,           -- moved more than 20 % against the previous usable count without a true split
    quarantine_reason varchar           -- why the count gives no market cap: more than 50 % off, unit error, nonpositive, ...
);
