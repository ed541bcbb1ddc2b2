-- Every label of a stay has its place in the order of labels.
-- fails after:
update core.membership set bias_label = 'PIT_FALL' where valid_from = (select min(valid_from) from core.membership);

select member.universe_id, member.security_id, member.valid_from, member.bias_label
from core.membership as member
anti join core.bias_label as label on label.bias_label = member.bias_label
