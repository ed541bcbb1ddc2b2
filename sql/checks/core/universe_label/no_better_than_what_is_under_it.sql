-- No universe has a better label than a cohort or list under it, or than its own stays.
-- fails after:
update core.universe_label
set bias_label = 'PIT_SPARSE', badness = (select badness from core.bias_label where bias_label = 'PIT_SPARSE')
where universe_id = 'SP500';

select label.universe_id, label.session, label.basis, label.bias_label, under.bias_label as label_under
from core.universe_label as label
join core.cohort_part as part on part.cohort_id = label.universe_id
join core.universe_label as under
    on under.universe_id = part.part_id and under.session = label.session and under.basis = label.basis
where label.session >= $first and label.badness < under.badness
union all
select count.universe_id, count.session, count.basis, label.bias_label, count.member_label
from core.universe_breadth as count
join core.bias_label as of_stays on of_stays.bias_label = count.member_label
left join core.universe_label as label
    on label.universe_id = count.universe_id and label.session = count.session and label.basis = count.basis
where count.session >= $first and (label.badness is null or label.badness < of_stays.badness)
