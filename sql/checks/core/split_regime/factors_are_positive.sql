-- Factors are positive and finite.
-- fails after:
update core.split_regime set price_factor = 0;
select security_id, valid_from, price_factor, share_factor
from core.split_regime
where not (price_factor > 0 and isfinite(price_factor) and share_factor > 0 and isfinite(share_factor))
