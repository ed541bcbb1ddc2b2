-- A universe with members has its row on every session it was counted, on both bases.
-- fails after:
delete from mart.breadth where basis = 'total' and session = (select max(session) from mart.breadth);
select count.universe_id, count.session, count.basis
from core.universe_breadth as count
left join mart.breadth as found using (universe_id, session, basis)
where found.universe_id is null
