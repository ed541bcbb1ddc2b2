-- What were the last closes of the Magnificent Seven as they were known at one instant, and do they still stand? The instant here is that of the latest fetch.
with line as (
    select distinct stay.security_id
    from core.membership as stay
    where stay.universe_id = 'MAG7' and stay.valid_to is null
),

last_sessions as (
    select t.session from core.session as t order by t.session desc limit 3
)

select
    known.session,
    known.symbol,
    known.close_usd as close_known_then,
    price.close_usd as close_now,
    known.is_latest_version,
    known.fetched_at
from prices_asof((select max(l.fetched_at) from ops.load as l)) as known
inner join line on known.security_id = line.security_id
inner join last_sessions as t on known.session = t.session
left join core.daily_price as price on known.security_id = price.security_id and known.session = price.session
order by known.session desc, known.symbol
