-- One row is one listing as one load told it, under the security that it speaks of.
--
-- A listing speaks of the line that ended with it, or that begins with it later; else of who had the symbol on the day of the load.
-- key: symbol, load_id
create table core.line_listing (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- vendor symbol
    load_id varchar not null,           -- the landing load that brought it
    told_on date not null,              -- UTC date of the load
    is_last boolean not null,           -- the symbol is the latest of the security
    name varchar,                       -- company or fund name
    kind varchar not null,              -- EQUITY, ETF or INDEX
    exchange varchar,                   -- vendor exchange code
    sector varchar,                     -- vendor sector label
    industry varchar,                   -- vendor industry label
    currency varchar not null,          -- trading currency
    issuer_key varchar,                 -- what groups the share classes of one company
    last_session date,                  -- last trading date if it ended
    delist_reason varchar,              -- why it ended
    delist_return double                -- return of the session after, decimal
);

insert into core.line_listing by name
select
    spell.security_id, listing.symbol, listing.load_id, cast(listing.fetched_at as date) as told_on, last_symbol.symbol is not null as is_last,
    listing.name, listing.kind, listing.exchange, listing.sector, listing.industry, listing.currency, listing.issuer_key,
    listing.last_session, listing.delist_reason, listing.delist_return
from raw.listing as listing
join core.line_symbol as spell
    on spell.symbol = listing.symbol
    and spell.valid_from <= coalesce(listing.last_session, greatest(cast(listing.fetched_at as date), listing.first_session))
    and coalesce(listing.last_session, greatest(cast(listing.fetched_at as date), listing.first_session)) < spell.valid_to
left join core.last_symbol as last_symbol on last_symbol.security_id = spell.security_id and last_symbol.symbol = listing.symbol
order by listing.load_id, listing.symbol;
