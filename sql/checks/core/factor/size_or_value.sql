-- A factor of lists has two portfolios and is one of size; any other has six.
-- fails after:
update core.factor set n_portfolios = 4;
select factor_id, variant, is_size, n_portfolios
from core.factor
where n_portfolios <> case variant when 'list_ew' then 2 else 6 end or (variant = 'list_ew' and not is_size)
