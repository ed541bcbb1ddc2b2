-- A trailing sum is NULL if and only if there is a reason; a sum has four quarters.
-- fails after:
update core.trailing_fundamental set null_reason = 'STALE_INPUT';

select issuer_id, basis, known_from, n_quarters, null_reason
from core.trailing_fundamental
where (coalesce(eps_fwd, net_income_usd) is null) <> (null_reason is not null) or (null_reason is null and n_quarters <> 4)
