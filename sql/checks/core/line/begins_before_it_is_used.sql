-- A line begins no later than its first usable bar.
-- fails after:
update core.line set valid_from = date '9999-12-31';
select security_id, valid_from, first_session from core.line where valid_from > first_session
