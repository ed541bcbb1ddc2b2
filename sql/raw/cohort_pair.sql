-- One row is one pair of cohorts whose multiples are compared: the first is asked to be cheap against the second (methodology E.3).
-- key: cohort_a, cohort_b, load_id
create table raw.cohort_pair (
    cohort_a varchar not null,          -- value, small or the rest: a cohort or universe of core.membership
    cohort_b varchar not null,          -- big tech, large or the whole
    meaning varchar not null,           -- the question that the pair answers
    source varchar not null,            -- reference, or the market source that brought it
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
