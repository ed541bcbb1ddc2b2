-- One row is one stay of a security in a universe or cohort, half-open in sessions: in on t iff valid_from <= t < valid_to.
--
-- A member on t earns the return of t. Universes that are not dated lists (ranks, top seven) come from core.rank_membership.
-- key: universe_id, security_id, valid_from
create table core.membership (
    universe_id varchar not null,       -- SP500, MAG7, TOP7, SP493, LARGE, SMALL, RANK1000, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    known_from date not null,           -- session from which the stay was known
    bias_label varchar not null,        -- PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    pit_grade varchar not null          -- grade of the membership itself
);
