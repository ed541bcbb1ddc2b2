-- What could the source not deliver, or was not asked for yet, and why? The latest outcome of each subject around the last fetch.
with market as (
    select dataset, subject, outcome, reason, n_attempts, fetched_at, load_id
    from ops.fetch_ledger
    where source not in ('reference', 'operator')
),
latest as (
    select dataset, subject, outcome, reason, n_attempts, fetched_at
    from market
    qualify row_number() over (partition by dataset, subject order by load_id desc) = 1
)
select outcome, dataset, subject, reason, n_attempts, fetched_at
from latest
-- What is still due is asked for every evening; older entries are of things that no longer are.
where outcome in ('failed', 'waiting') and fetched_at > (select max(fetched_at) from market) - interval 36 hour
order by outcome, dataset, subject
