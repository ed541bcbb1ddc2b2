-- One row is what listings told on one day of one symbol that they had not told before, under the security that they speak of.
--
-- A listing speaks of the line that ended with it, or that begins with it later; else of who had the symbol on the day it was told,
-- or had it last.
-- Of several loads of a day the last label that is not missing counts, and the last word on whether it ended.
-- may be empty: the listings may be of symbols that are not ours
-- key: symbol, told_on, security_id
create table core.line_listing (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- vendor symbol
    told_on date not null,              -- UTC date of the load
    is_last boolean not null,           -- the symbol is the latest of the security
    name varchar,                       -- company or fund name
    kind varchar not null,              -- what the source calls it: EQUITY, ETF, INDEX, UNIT, WARRANT, RIGHT, PREFERRED, NOTE or FUND
    exchange varchar,                   -- vendor exchange code
    sector varchar,                     -- vendor sector label
    industry varchar,                   -- vendor industry label
    currency varchar,                   -- trading currency; NULL where no listing of the day told one
    issuer_key varchar,                 -- what groups the share classes of one company
    last_session date,                  -- last trading date if it ended
    delist_reason varchar,              -- why it ended
    delist_return double,               -- return of the session after, decimal
    decided_on date                     -- session on which the source gave the symbol up, where nobody told an end (A.9)
);

insert into core.line_listing by name
with placed as (
    select
        spell.security_id, listing.symbol, cast(listing.fetched_at as date) as told_on, last_symbol.symbol is not null as is_last,
        listing.load_id, listing.name, listing.kind, listing.exchange, listing.sector, listing.industry, listing.currency, listing.issuer_key,
        listing.last_session, listing.delist_reason, listing.delist_return, listing.decided_on
    from raw.listing as listing
    join core.line_symbol as spell on spell.symbol = listing.symbol
    cross join lateral (
        select coalesce(listing.last_session, greatest(cast(listing.fetched_at as date), listing.first_session)) as day
    ) as told
    left join core.last_symbol as last_symbol on last_symbol.security_id = spell.security_id and last_symbol.symbol = listing.symbol
    qualify row_number() over (
        partition by listing.symbol, listing.load_id
        order by spell.valid_from <= told.day and told.day < spell.valid_to desc, spell.valid_from <= told.day desc,
            case when spell.valid_from <= told.day then told.day - spell.valid_from else spell.valid_from - told.day end
    ) = 1
),
daily as (
    select
        security_id, symbol, told_on, bool_or(is_last) as is_last,
        arg_max(name, load_id) as name,
        arg_max(kind, load_id) as kind,
        arg_max(exchange, load_id) as exchange,
        arg_max(sector, load_id) as sector,
        arg_max(industry, load_id) as industry,
        arg_max(currency, load_id) as currency,
        arg_max(issuer_key, load_id) as issuer_key,
        last(last_session order by load_id) as last_session,
        last(delist_reason order by load_id) as delist_reason,
        last(delist_return order by load_id) as delist_return,
        last(decided_on order by load_id) as decided_on
    from placed
    group by security_id, symbol, told_on
),
told as (
    select *, (is_last, name, kind, exchange, sector, industry, currency, issuer_key, last_session, delist_reason, delist_return, decided_on) as words
    from daily
)
select
    security_id, symbol, told_on, is_last, name, kind, exchange, sector, industry, currency, issuer_key,
    last_session, delist_reason, delist_return, decided_on
from told
qualify words is distinct from lag(words) over (partition by security_id, symbol order by told_on)
order by told_on, symbol, security_id;
