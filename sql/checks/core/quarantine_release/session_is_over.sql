-- A release is of a date that was over when it was decided.
-- fails after:
insert into core.quarantine_release
select 'AAA', date '2026-01-05', 'SUSPECT_SPLIT', 1, timestamp '2020-01-01 00:00:00';
select symbol, session, reason, decided_at
from core.quarantine_release
where session > cast(decided_at as date)
