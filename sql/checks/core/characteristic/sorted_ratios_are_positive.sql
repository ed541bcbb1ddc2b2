-- Losses and negative books are counted, but not sorted.
-- fails after:
update core.characteristic set value = -value where is_eligible and characteristic = 'earnings_yield';
select formation_session, security_id, characteristic, value
from core.characteristic
where formation_session >= $first and is_eligible and characteristic <> 'momentum' and value <= 0
