-- On a session that counts as observed at least half of the known shares have a price, and at least one.
-- fails after:
update core.observed_session set n_priced = 0;

select session, n_priced, n_known
from core.observed_session
where session >= $first and (2 * n_priced < n_known or n_priced = 0)
