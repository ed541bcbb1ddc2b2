-- No split that is listed near an open suspicion has its ratio.
-- fails after:
insert into core.suspect_split by name
select security_id, ex_session as first_session, 1 / split_ratio as ratio, 'x' as load_id
from core.corporate_action
where split_ratio <> 1
order by ex_session, security_id
limit 1;
select open.security_id, open.first_session, open.ratio, split.ex_session, split.split_ratio
from core.suspect_split as open
join core.corporate_action as split
    on split.security_id = open.security_id and split.split_ratio <> 1
    and split.ex_session between open.first_session - 30 and open.first_session + 30
where open.ended_by is null and abs(open.ratio * split.split_ratio * split.price_only_ratio - 1) <= 0.001
