-- A bar that is not used for what it says of itself has its row in core.unusable_bar.
-- severity: warn
-- fails after:
update core.price_bar set level = null, growth = null, reason = 'NONPOSITIVE_PRICE' where security_id = (select min(security_id) from core.price_bar);
select bar.security_id, bar.session, bar.reason
from core.price_bar as bar
anti join core.unusable_bar as told on told.security_id = bar.security_id and told.session = bar.session
where bar.session >= $first and bar.reason in ('NO_PRICE', 'NONPOSITIVE_PRICE', 'INCONSISTENT_BAR')
