-- No cohort is made of itself, and what is made of a part is made of the part's parts.
-- fails after:
insert into core.cohort_part values ('SP500', 'TOP7');

select part.cohort_id, part.part_id
from core.cohort_part as part
join core.cohort_part as deeper on deeper.cohort_id = part.part_id
left join core.cohort_part as known on known.cohort_id = part.cohort_id and known.part_id = deeper.part_id
where known.cohort_id is null or deeper.part_id = part.cohort_id
union all
select cohort_id, part_id
from core.cohort_part
where cohort_id = part_id
