-- One row is one security: a line that trades, under a surrogate id that nothing downstream replaces by a symbol.
--
-- A symbol without a listing is an EQUITY, or an INDEX when it is spelled ^LIKE_THIS; units, warrants and the like are lines of their
-- kind (core.line_kind), never companies. Labels are those of today: tables of prices read core.line and core.line_label. Assumed
-- delisting returns (A.5): merger 0, performance or unknown by exchange (Nasdaq; all others as NYSE), liquidation -100 %; funds pay out
-- their net asset value: 0.
-- key: security_id
create table core.security (
    security_id integer not null,       -- stable: numbered by first landing load, then symbol; kept over a rename
    issuer_id integer not null,         -- the company behind the line: the smallest security_id of its lines
    is_primary boolean not null,        -- the line whose price prices the company
    symbol varchar not null,            -- latest symbol
    name varchar,                       -- latest company or fund name
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX', 'UNIT', 'WARRANT', 'RIGHT', 'PREFERRED', 'NOTE', 'FUND')), -- what it is
    exchange varchar,                   -- vendor exchange code, of today (grade D)
    sector varchar,                     -- vendor sector label, of today (grade D)
    industry varchar,                   -- vendor industry label, of today (grade D)
    currency varchar not null,          -- currency of its prices (core.line_currency)
    first_session date,                 -- first session with a usable bar; NULL when it has none
    served_from date,                   -- first date of which a bar was served, usable or not, or of its share basis; NULL without any
    delist_session date,                -- last trading session when the line ended, of one that was given up the session before; NULL while it trades
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
-- The latest that is not missing, of the last symbol before others.
label as (
    select
        security_id,
        arg_max(name, (is_last, told_on, symbol)) as name,
        arg_max(exchange, (is_last, told_on, symbol)) as exchange,
        arg_max(sector, (is_last, told_on, symbol)) as sector,
        arg_max(industry, (is_last, told_on, symbol)) as industry,
        arg_max(issuer_key, (is_last, told_on, symbol)) as issuer_key
    from core.line_listing
    group by security_id
),
first_bar as (
    select spell.security_id, min(piece.served_from) as served_from, min(piece.first_session) as first_session
    from core.symbol_piece as piece
    join core.line_symbol as spell
        on spell.symbol = piece.symbol and spell.valid_from <= piece.valid_from and piece.valid_from < spell.valid_to
    group by spell.security_id
),
-- A class may be named by a symbol that it has left since; the one that it has now goes first.
line as (
    select spell.security_id, said.issuer_key, said.is_primary
    from raw.issuer_line as said
    join (
        select symbol, arg_max(security_id, valid_from) as security_id from core.line_symbol group by symbol
    ) as spell on spell.symbol = said.symbol
    left join core.last_symbol as now on now.security_id = spell.security_id and now.symbol = said.symbol
    where said.load_id = (select max(load_id) from raw.issuer_line)
    qualify row_number() over (partition by spell.security_id order by now.symbol is null, said.symbol) = 1
),
named as (
    select
        last_symbol.security_id,
        last_symbol.symbol,
        label.name,
        line_kind.kind,
        label.exchange,
        label.sector,
        label.industry,
        told.currency,
        first_bar.first_session,
        first_bar.served_from,
        line_end.session as delist_session,
        line_end.reason as delist_reason,
        line_end.known_return,
        coalesce(line.is_primary, false) as is_primary_line,
        -- A class that only its listing ties to the company joins the classes that the issuer lines name.
        coalesce(
            'line ' || line.issuer_key,
            'line ' || max(line.issuer_key) over (partition by coalesce(label.issuer_key, 'security ' || last_symbol.security_id)),
            'listing ' || label.issuer_key,
            'security ' || last_symbol.security_id
        ) as issuer_key
    from core.last_symbol as last_symbol
    join core.line_currency as told on told.security_id = last_symbol.security_id
    join core.line_kind as line_kind on line_kind.security_id = last_symbol.security_id
    left join label on label.security_id = last_symbol.security_id
    left join core.line_end as line_end on line_end.security_id = last_symbol.security_id
    left join first_bar on first_bar.security_id = last_symbol.security_id
    left join line on line.security_id = last_symbol.security_id
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
    -- A line without bars cannot price the company, nor can one beside its shares.
    row_number() over (
        partition by named.issuer_key order by named.first_session is null, named.kind not in ('EQUITY', 'ETF', 'INDEX'), not named.is_primary_line, named.security_id
    ) = 1 as is_primary,
    named.symbol,
    named.name,
    named.kind,
    named.exchange,
    named.sector,
    named.industry,
    named.currency,
    named.first_session,
    named.served_from,
    named.delist_session,
    named.delist_reason,
    case when named.delist_session is not null then coalesce(named.known_return, assumed.assumed_return) end as delist_return,
    named.delist_session is not null and named.known_return is null and assumed.assumed_return is not null as is_delist_return_assumed
from named
join assumed on assumed.security_id = named.security_id
order by named.security_id;
