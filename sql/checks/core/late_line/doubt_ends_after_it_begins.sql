-- Doubt lies around the first bar of the line: lists of before it, until some time after it.
-- fails after:
insert into core.late_line by name
select security_id, date '2020-01-02' as first_session, date '2020-03-02' as doubt_before, date '2021-01-04' as believed_from
from core.security where security_id not in (select security_id from core.late_line);

select security_id, first_session, doubt_before, believed_from
from core.late_line
where doubt_before >= first_session or believed_from <= first_session
