-- One row is how much of one universe's market cap is known at the close of one session, and how much is only estimated (0.4).
--
-- A company is known when it has a believed market cap at that close; an expected one without is weighed by core.cap_estimate, and
-- where that has nothing by the median of the known. So coverage_w falls by what is not known, and everything that is weighted by cap
-- or summed over companies can be judged by it. Places of a universe by size that nobody fills weigh nothing: they are judged by count.
-- key: universe_id, session
create table core.universe_weight (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- session of the close; members of that session
    n_known integer not null,           -- member companies with a believed market cap
    n_unknown integer not null,         -- expected companies without one
    known_usd double not null,          -- market cap of the known, USD
    unknown_usd double,                 -- estimated market cap of the unknown, USD; NULL when nobody is known to tell a median by
    unknown_w double,                   -- unknown_usd / (known_usd + unknown_usd), 0..1; 1 when nobody is known; NULL when there is no company
    coverage_w double,                  -- 1 - unknown_w
    unknown_method varchar,             -- the poorest way of an estimate in it: LAST_CAP, VOLUME or MEDIAN; NULL when all are known
    check (unknown_method is null or unknown_method in ('LAST_CAP', 'VOLUME', 'MEDIAN'))
);

insert into core.universe_weight by name
with known as (
    select universe_id, session, n_issuers, cap_usd
    from core.universe_concentration
    where session >= $first and session <= $last
),
estimated as (
    select
        stay.universe_id, estimate.session,
        count(*) as n_issuers,
        count_if(estimate.method = 'VOLUME') as n_by_volume,
        sum(cast(round(estimate.cap_usd * 1e2) as hugeint)) as cap_e2
    from core.cap_estimate as estimate
    join core.issuer_membership as stay
        on stay.issuer_id = estimate.issuer_id
        and stay.valid_from <= estimate.session
        and (stay.valid_to is null or estimate.session < stay.valid_to)
    where estimate.session >= $first and estimate.session <= $last
    group by stay.universe_id, estimate.session
),
counted as (
    select
        expected.universe_id, expected.session,
        coalesce(known.n_issuers, 0) as n_known,
        coalesce(known.cap_usd, 0) as known_usd,
        greatest(expected.n_issuers - coalesce(known.n_issuers, 0), 0) as n_unknown,
        greatest(expected.n_issuers - coalesce(known.n_issuers, 0) - coalesce(estimated.n_issuers, 0), 0) as n_by_median,
        coalesce(estimated.n_by_volume, 0) as n_by_volume,
        coalesce(estimated.cap_e2, 0) as estimated_e2
    from core.member_count as expected
    left join known on known.universe_id = expected.universe_id and known.session = expected.session
    left join estimated on estimated.universe_id = expected.universe_id and estimated.session = expected.session
    where expected.session >= $first and expected.session <= $last
),
middle as (
    select counted.universe_id, counted.session, quantile_disc(cap.issuer_cap_usd, 0.5) as cap_usd
    from core.market_cap as cap
    join core.issuer_membership as stay
        on stay.issuer_id = cap.issuer_id
        and stay.valid_from <= cap.session
        and (stay.valid_to is null or cap.session < stay.valid_to)
    join counted on counted.universe_id = stay.universe_id and counted.session = cap.session
    where cap.is_primary and counted.n_by_median > 0 and cap.session >= $first and cap.session <= $last
    group by counted.universe_id, counted.session
),
weighed as (
    select
        counted.*,
        case
            when counted.n_unknown = 0 then 0
            when counted.n_by_median = 0 then counted.estimated_e2 / 1e2
            else counted.estimated_e2 / 1e2 + counted.n_by_median * middle.cap_usd
        end as unknown_usd
    from counted
    left join middle on middle.universe_id = counted.universe_id and middle.session = counted.session
),
shared as (
    select
        *,
        case when n_known + n_unknown > 0 then case when n_known = 0 then 1.0 else unknown_usd / (known_usd + unknown_usd) end end as unknown_w
    from weighed
)
select
    universe_id,
    session,
    n_known,
    n_unknown,
    known_usd,
    unknown_usd,
    unknown_w,
    1 - unknown_w as coverage_w,
    case
        when n_unknown = 0 then null
        when n_by_median > 0 then 'MEDIAN'
        when n_by_volume > 0 then 'VOLUME'
        else 'LAST_CAP'
    end as unknown_method
from shared
order by session, universe_id;
