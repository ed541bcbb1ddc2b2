-- A bar in doubt has no return, and any other return begins earlier than it ends.
-- fails after:
insert into core.return_base by name
select 1 as security_id, session, session_no, 'BAD_PRINT' as reason, session_no - 1 as session_no_before, 9.0 as growth from core.session;
select security_id, session, reason, session_no_before, growth
from core.return_base
where reason is not null and growth is not null
    or growth is not null and not coalesce(session_no_before < session_no and growth > 0 and isfinite(growth) and level_before > 0, false)
