-- One row is the currency of the prices of one security, as its prices tell it or, where they are silent, its listing.
--
-- The first word of each counts, so that what a source says later moves nothing of the past: a later bar in another currency is a bar
-- that core.price_bar refuses. Where the first words differ nobody knows what a number means. Hundredths have words of their own
-- (GBp, GBX, ILA, ZAc) and are other currencies. Where nobody tells, it is USD (A.8).
-- key: security_id
create table core.line_currency (
    security_id integer not null,       -- the security
    currency varchar not null,          -- currency of its prices, as told; USD where nobody told
    is_mixed boolean not null           -- prices and listing tell two
);

insert into core.line_currency by name
with told as (
    select symbol, currency, min(session) as session
    from raw.price_bar
    where currency is not null
    group by symbol, currency
),
-- Most symbols have one line and one word; only of the others are the bars told apart by date.
several as (
    select symbol from told group by symbol having count(*) > 1
),
priced as (
    select spell.security_id, told.session, told.currency
    from told
    join core.line_symbol as spell on spell.symbol = told.symbol
    where told.symbol not in (select symbol from several)
    union all
    select spell.security_id, bar.session, bar.currency
    from raw.price_bar as bar
    join core.line_symbol as spell
        on spell.symbol = bar.symbol and spell.valid_from <= bar.session and bar.session < spell.valid_to
    where bar.symbol in (select symbol from several) and bar.currency is not null
),
by_price as (
    select security_id, arg_min(currency, (session, currency)) as currency from priced group by security_id
),
by_listing as (
    select security_id, arg_min(currency, (told_on, not is_last, symbol)) as currency
    from core.line_listing
    where currency is not null
    group by security_id
)
select
    line.security_id,
    coalesce(by_price.currency, by_listing.currency, 'USD') as currency,
    coalesce(by_price.currency <> by_listing.currency, false) as is_mixed
from core.last_symbol as line
left join by_price on by_price.security_id = line.security_id
left join by_listing on by_listing.security_id = line.security_id
order by line.security_id;
