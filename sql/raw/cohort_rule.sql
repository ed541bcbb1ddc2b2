-- One row is one rule that makes a cohort or a rank-based universe (methodology B.2, B.4).
-- key: cohort_id, load_id
create table raw.cohort_rule (
    cohort_id varchar not null,         -- MAG7, TOP7, SP493, RANK1000, LARGE, ...
    kind varchar not null check (kind in ('FIXED', 'TOP_N', 'MINUS', 'AND', 'RANK', 'CAP_SHARE')), -- how members are found
    base_cohort_id varchar,             -- the universe it is cut from; NULL: all eligible issuers
    other_cohort_id varchar,            -- second operand of MINUS and AND
    symbols varchar,                    -- FIXED: member symbols, separated by a space
    rank_from integer,                  -- TOP_N, RANK: first rank by issuer cap that is in
    rank_to integer,                    -- TOP_N, RANK: last rank that is in
    cap_share_from double,              -- CAP_SHARE: in from this cumulative cap share (0..1)
    cap_share_to double,                -- CAP_SHARE: up to this one
    band double not null default 0,     -- RANK, CAP_SHARE: half width of the keep-your-side band, share of total cap (0..1)
    hindsight_before date,              -- rows before this date are HINDSIGHT_SELECTED; NULL: never
    label varchar not null,             -- what to call it on a chart
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
