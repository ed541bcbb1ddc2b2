-- How complete are the prices of the last ten sessions, by universe, cohort and kind of security, the least complete first?
with last_ten as (
    select session from core.session order by session desc limit 10
),
counted as (
    select session, universe_id as universe_or_kind, n_expected, n_valid, n_missing, valid_share, missing
    from ops.universe_coverage
    union all
    select
        session, kind, n_expected, n_valid, n_expected - n_valid as n_missing,
        n_valid / nullif(n_expected, 0) as valid_share, cast(null as varchar) as missing
    from ops.coverage
)
select
    counted.session,
    counted.universe_or_kind,
    counted.n_expected,
    counted.n_valid,
    counted.n_missing,
    round(counted.valid_share, 4) as valid_share,
    counted.missing
from counted
join last_ten using (session)
order by counted.session desc, counted.valid_share, counted.universe_or_kind
