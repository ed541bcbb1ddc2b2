-- The spells of a line begin in 1900 and follow each other without a hole.
-- fails after:
update core.line_label set valid_from = date '1901-01-01' where valid_from = date '1900-01-01';
select security_id, valid_from, valid_to
from core.line_label
qualify valid_from is distinct from coalesce(lag(valid_to) over (partition by security_id order by valid_from), date '1900-01-01')
