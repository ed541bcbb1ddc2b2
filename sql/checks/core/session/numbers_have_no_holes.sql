-- Sessions are numbered one by one in date order.
-- fails after:
delete from core.session where session_no = (select max(session_no) - 1 from core.session);
select session, session_no, lag(session_no) over (order by session) as session_no_before
from core.session
qualify session_no <> lag(session_no) over (order by session) + 1
