-- One row is one rule that makes a cohort or a rank-based universe (methodology B.2, B.4): one file of reference/data/cohorts.
-- key: cohort_id, load_id
create table raw.cohort_rule (
    cohort_id varchar not null,         -- MAG7, TOP7, SP493, RANK1000, LARGE, ...
    kind varchar not null check (kind in ('FIXED', 'TOP_N', 'RANK', 'CAP_SHARE', 'SCREEN', 'MINUS', 'AND', 'OR')), -- how members are found
    base_cohort_id varchar,             -- the list or cohort that it is cut from; of MINUS, AND, OR the first operand; NULL: all eligible issuers
    other_cohort_id varchar,            -- MINUS, AND, OR: the other operands, separated by a space
    symbols varchar,                    -- FIXED: member symbols, separated by a space
    sectors varchar,                    -- SCREEN: vendor sectors that are in, separated by a semicolon; NULL: any
    industries varchar,                 -- SCREEN: vendor industries that are in, separated by a semicolon; NULL: any
    cap_from_usd double,                -- SCREEN: smallest cap of a company at the month end, USD
    cap_below_usd double,               -- SCREEN: cap of a company at the month end from which it is out, USD
    above_median varchar check (above_median in ('earnings_yield')), -- SCREEN: must be above its median over the base at the month end
    rank_from integer,                  -- TOP_N, RANK: first rank by issuer cap that is in
    rank_to integer,                    -- TOP_N, RANK: last rank that is in
    cap_share_from double,              -- CAP_SHARE: in from this cumulative cap share (0..1)
    cap_share_to double,                -- CAP_SHARE: up to this one
    band double not null default 0,     -- RANK, CAP_SHARE: half width of the keep-your-side band, share of total cap (0..1)
    hindsight_before date,              -- rows before this date are HINDSIGHT_SELECTED; the latest of its own and of what it is cut from; NULL: never
    bias_label varchar,                 -- label that its rows have at best (B.7): its own or that of what it is cut from; NULL: PIT_FULL
    label varchar not null,             -- what to call it on a chart
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
