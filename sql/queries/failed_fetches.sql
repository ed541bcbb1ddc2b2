-- What could the source not deliver in its latest fetch, and why?
select dataset, subject, reason, n_attempts, fetched_at
from ops.fetch_ledger
where outcome = 'failed' and fetched_at = (select max(fetched_at) from ops.fetch_ledger where source <> 'reference')
order by dataset, subject
