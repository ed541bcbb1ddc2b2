-- One row is one line on one session whose price times shares is more than anybody is worth: one of the two is wrong (E.1).
--
-- Which of them, nobody can tell from the product, so both stay as they are and core.market_cap has no cap of the company that day.
-- A share count is judged by the volume when it comes (core.share_count); this catches what the volume could not tell.
-- may be empty: no count may be absurd
-- key: security_id, session
create table core.absurd_cap (
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- its company
    session date not null,              -- session of the close
    close_usd double not null,          -- as-traded close, USD per share
    shares double not null,             -- shares outstanding known at the close, on the session's basis
    cap_usd double not null             -- close * shares
);

insert into core.absurd_cap by name
with param as (
    select max(value) filter (where name = 'company.max_usd') as max_usd
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
spell as (
    select
        counted.security_id, line.issuer_id,
        greatest(counted.known_from, coalesce(regime.valid_from, date '1900-01-01')) as valid_from,
        least(coalesce(counted.known_to, date '9999-12-31'), coalesce(regime.valid_to, date '9999-12-31')) as valid_to,
        counted.shares_fwd * coalesce(regime.share_factor, 1) as shares
    from core.share_count as counted
    join core.line as line on line.security_id = counted.security_id and line.kind = 'EQUITY'
    left join core.split_regime as regime
        on regime.security_id = counted.security_id
        and regime.valid_from < coalesce(counted.known_to, date '9999-12-31')
        and (regime.valid_to is null or counted.known_from < regime.valid_to)
    where counted.shares_fwd is not null and coalesce(counted.known_to, date '9999-12-31') > $first
),
-- Few lines come near, so that hardly a price is looked at twice.
dearest as (
    select security_id, max(close_usd) as close_usd from core.daily_price where session >= $first group by security_id
),
suspect as (
    select spell.*
    from spell
    cross join param
    join dearest on dearest.security_id = spell.security_id
    where dearest.close_usd * spell.shares > param.max_usd
)
select
    suspect.security_id, suspect.issuer_id, price.session, price.close_usd, suspect.shares, price.close_usd * suspect.shares as cap_usd
from suspect
cross join param
join core.daily_price as price
    on price.security_id = suspect.security_id and suspect.valid_from <= price.session and price.session < suspect.valid_to
where price.session >= $first and price.close_usd * suspect.shares > param.max_usd
order by price.session, suspect.security_id;
