-- The spells of a horizon follow each other without gap or overlap, and the last one is open.
-- fails after:
insert into core.estimate by name
select -1 as issuer_id, '0y' as horizon, date '2020-01-02' as known_from, date '2020-01-03' as known_to, date '2020-01-01' as observed_on;

select issuer_id, horizon, known_from, known_to
from core.estimate
qualify known_to is distinct from lead(known_from) over (partition by issuer_id, horizon order by known_from)
