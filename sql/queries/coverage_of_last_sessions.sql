-- How complete are the prices of the last five sessions?
with last_five as (
    select session from core.session order by session desc limit 5
)
select
    coverage.session,
    coverage.kind,
    coverage.n_expected,
    coverage.n_valid,
    coverage.n_missing,
    coverage.n_quarantined,
    coverage.n_stale,
    round(coverage.n_valid / nullif(coverage.n_expected, 0), 4) as coverage_n
from ops.coverage as coverage
join last_five using (session)
order by coverage.session desc, coverage.kind
