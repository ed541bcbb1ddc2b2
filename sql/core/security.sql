-- One row is one security: a line that trades, under a surrogate id that nothing downstream replaces by a symbol.
--
-- A symbol without a listing is an EQUITY, or an INDEX when it is spelled ^LIKE_THIS. A line whose bars merely stop has not
-- ended: only a source's last_session ends it. Assumed delisting returns (A.5): merger 0, performance or unknown by exchange
-- (Nasdaq; all others as NYSE), liquidation -100 %; funds pay out their net asset value: 0.
-- key: security_id
create table core.security (
    security_id integer not null,       -- stable: numbered by first landing load, then symbol
    issuer_id integer not null,         -- the company behind the line: the smallest security_id of its lines
    is_primary boolean not null,        -- the line whose price prices the company
    symbol varchar not null,            -- latest symbol
    name varchar,                       -- company or fund name
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX')), -- what it is
    exchange varchar,                   -- vendor exchange code, of today (grade D)
    sector varchar,                     -- vendor sector label, of today (grade D)
    industry varchar,                   -- vendor industry label, of today (grade D)
    currency varchar not null,          -- trading currency
    first_session date,                 -- first session with a usable bar; NULL when it has none
    delist_session date,                -- last trading session when the line ended; NULL while it trades
    delist_reason varchar,              -- why it ended (methodology A.5)
    delist_return double,               -- return booked on the session after the last trade, decimal
    is_delist_return_assumed boolean not null -- true when delist_return is the assumption of A.5
);

insert into core.security by name
with param as (
    select
        max(value) filter (where name = 'delist.return_nyse') as return_nyse,
        max(value) filter (where name = 'delist.return_nasdaq') as return_nasdaq,
        max(value) filter (where name = 'delist.return_liquidation') as return_liquidation,
        max(value) filter (where name = 'delist.return_merger') as return_merger
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Labels: the latest that is not missing. Life span: what the latest load says.
label as (
    select
        symbol,
        arg_max(name, load_id) as name,
        arg_max(kind, load_id) as kind,
        arg_max(exchange, load_id) as exchange,
        arg_max(sector, load_id) as sector,
        arg_max(industry, load_id) as industry,
        arg_max(currency, load_id) as currency,
        arg_max(issuer_key, load_id) as issuer_key
    from raw.listing
    group by symbol
),
life as (
    select symbol, last_session, coalesce(delist_reason, 'UNKNOWN') as delist_reason, delist_return
    from raw.listing
    qualify row_number() over (partition by symbol order by load_id desc) = 1
),
first_bar as (
    select bar.symbol, min(bar.session) as first_session
    from raw.price_bar as bar
    join core.session as session on session.session = bar.session
    where bar.close > 0 or bar.adj_close > 0
    group by bar.symbol
),
line as (
    select symbol, issuer_key, is_primary
    from raw.issuer_line
    where load_id = (select max(load_id) from raw.issuer_line)
),
delisting as (
    select life.symbol, max(session.session) as delist_session
    from life
    join core.session as session on session.session <= life.last_session
    where life.delist_reason <> 'EXCHANGE_MOVE' and life.last_session < (select max(session) from core.session)
    group by life.symbol
),
named as (
    select
        spell.security_id,
        spell.symbol,
        label.name,
        coalesce(label.kind, case when starts_with(spell.symbol, '^') then 'INDEX' else 'EQUITY' end) as kind,
        label.exchange,
        label.sector,
        label.industry,
        coalesce(label.currency, 'USD') as currency,
        first_bar.first_session,
        delisting.delist_session,
        case when delisting.delist_session is not null then life.delist_reason end as delist_reason,
        life.delist_return as known_return,
        coalesce(line.is_primary, false) as is_primary_line,
        -- A class that only its listing ties to the company joins the classes that the issuer lines name.
        coalesce(
            'line ' || line.issuer_key,
            'line ' || max(line.issuer_key) over (partition by coalesce(label.issuer_key, spell.symbol)),
            'listing ' || label.issuer_key,
            'symbol ' || spell.symbol
        ) as issuer_key
    from core.symbol_interval as spell
    left join label on label.symbol = spell.symbol
    left join life on life.symbol = spell.symbol
    left join first_bar on first_bar.symbol = spell.symbol
    left join line on line.symbol = spell.symbol
    left join delisting on delisting.symbol = spell.symbol
    where spell.valid_to is null
),
assumed as (
    select
        named.security_id,
        case
            when named.delist_session is null or named.kind = 'INDEX' then null
            when named.delist_reason in ('MERGER_CASH', 'MERGER_STOCK') then param.return_merger
            when named.kind = 'ETF' then 0
            when named.delist_reason = 'LIQUIDATION' then param.return_liquidation
            when named.exchange in ('NMS', 'NGM', 'NCM', 'NAS', 'NASDAQ') then param.return_nasdaq
            else param.return_nyse
        end as assumed_return
    from named
    cross join param
)
select
    named.security_id,
    min(named.security_id) over (partition by named.issuer_key) as issuer_id,
    -- A line without bars cannot price the company.
    row_number() over (
        partition by named.issuer_key order by named.first_session is null, not named.is_primary_line, named.security_id
    ) = 1 as is_primary,
    named.symbol,
    named.name,
    named.kind,
    named.exchange,
    named.sector,
    named.industry,
    named.currency,
    named.first_session,
    named.delist_session,
    named.delist_reason,
    case when named.delist_session is not null then coalesce(named.known_return, assumed.assumed_return) end as delist_return,
    named.delist_session is not null and named.known_return is null and assumed.assumed_return is not null as is_delist_return_assumed
from named
join assumed on assumed.security_id = named.security_id
order by named.security_id;
