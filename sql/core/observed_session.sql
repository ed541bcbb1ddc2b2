-- One row is one session on which the source gave prices: at least half of the shares that it had priced within the last year.
--
-- The other sessions are an outage of the source. A line without a bar on one of them has missed nothing (core.halt).
-- seldom empty: a market of funds and indices has no share whose prices could tell
-- key: session
create table core.observed_session (
    session date not null,              -- trading date
    n_priced integer not null,          -- shares with a usable price
    n_known integer not null            -- shares that have not ended, with a bar within the last 252 sessions
);

insert into core.observed_session by name
with line as (
    select security_id, coalesce(valid_to, date '9999-12-31') as ended_on
    from core.line
    where kind = 'EQUITY'
)
select
    price.session,
    cast(count(*) filter (where price.is_valid) as integer) as n_priced,
    cast(count(*) as integer) as n_known
from core.daily_price as price
join line on line.security_id = price.security_id and price.session < line.ended_on
where price.session >= $first and price.session <= $last
group by price.session
having 2 * count(*) filter (where price.is_valid) >= count(*)
order by price.session;
