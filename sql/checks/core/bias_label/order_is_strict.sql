-- Of any two labels one is worse.
-- fails after:
update core.bias_label set badness = 4 where bias_label = 'HINDSIGHT_SELECTED';

select badness, count(*) as n_labels
from core.bias_label
group by badness
having count(*) > 1
