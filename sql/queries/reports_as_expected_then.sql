-- Which reports were expected within two weeks, as the calendar stood at one instant, and how did they turn out? The instant here is that of the latest fetch.
select
    expected.announced_on as expected_on,
    expected.timing as expected_timing,
    expected.status as status_then,
    expected.symbol,
    expected.eps_estimate,
    event.announced_on as announced_on_now,
    event.status as status_now,
    expected.fetched_at
from earnings_asof((select max(l.fetched_at) from ops.load as l)) as expected
inner join core.earnings_event as event on expected.event_id = event.event_id
cross join (select max(t.session) as session from core.session as t) as last_session
where expected.announced_on > last_session.session and expected.announced_on <= last_session.session + 14
order by expected.announced_on, expected.symbol
