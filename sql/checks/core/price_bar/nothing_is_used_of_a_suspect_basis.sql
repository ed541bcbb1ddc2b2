-- From an open suspicion of an unlisted split on, no bar is used.
-- fails after:
insert into core.suspect_split by name
select security_id, max(session) as first_session, 0.5 as ratio, 'x' as load_id
from core.price_bar
where reason is null and security_id = (select min(security_id) from core.line where kind <> 'INDEX')
group by security_id;
select bar.security_id, bar.session, open.first_session
from core.price_bar as bar
join core.line as line on line.security_id = bar.security_id and line.kind <> 'INDEX'
join core.suspect_split as open on open.security_id = bar.security_id and bar.session >= open.first_session
where open.ended_by is null and bar.reason is null and bar.session >= $first
