-- How complete were the prices of the last five sessions?
select session, kind, n_expected, n_valid, n_missing, n_quarantined, n_stale
from ops.coverage
where session > (select max(session) from ops.coverage) - 14
qualify dense_rank() over (order by session desc) <= 5
order by session desc, kind
