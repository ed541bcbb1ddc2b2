-- Every security with a usable bar is a line.
-- fails after:
delete from core.line where security_id = (select min(security_id) from core.line where first_session is not null);
select security.security_id, security.symbol
from core.security as security
anti join core.line as line on line.security_id = security.security_id
where security.first_session is not null
