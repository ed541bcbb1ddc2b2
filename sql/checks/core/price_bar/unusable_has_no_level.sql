-- A bar has a level, or a reason why it has none.
-- fails after:
update core.price_bar set reason = 'NO_PRICE' where session = (select max(session) from core.price_bar);
select security_id, session, level, reason from core.price_bar where session >= $first and (level is null) <> (reason is not null)
