-- One row is one line that stays a share though something says that it is a unit, warrant, right, preferred share, note or fund (A.9).
--
-- Who knows lists its kind, or its name, in a listing of his own: two that agree decide (core.line_kind).
-- may be empty: nothing may be in doubt
-- key: security_id
create table core.doubtful_kind (
    security_id integer not null,       -- the line
    symbol varchar not null,            -- its latest symbol
    first_session date,                 -- its first session with a usable bar; NULL without any
    name varchar,                       -- its latest name
    said varchar not null,              -- who calls it what
    way_out varchar not null            -- what settles it
);

insert into core.doubtful_kind by name
select
    security.security_id, security.symbol, security.first_session, security.name,
    concat_ws(
        ', ',
        case when line_kind.source_kind <> 'EQUITY' then 'the source says ' || line_kind.source_kind end,
        case when line_kind.symbol_kind is not null then 'the symbol says ' || line_kind.symbol_kind end,
        case when line_kind.name_kind is not null then 'the name says ' || line_kind.name_kind end
    ) as said,
    'kept as EQUITY until two agree: list its kind' as way_out
from core.line_kind as line_kind
join core.security as security on security.security_id = line_kind.security_id
left join core.last_symbol as root on root.symbol = line_kind.root_symbol
where line_kind.kind = 'EQUITY'
    and (
        line_kind.source_kind <> 'EQUITY'
        or line_kind.name_kind is not null
        -- A fifth letter alone says nothing where no symbol is the rest.
        or (line_kind.symbol_kind is not null and (root.symbol is not null or length(security.symbol) <> 5 or contains(security.symbol, '-')))
    )
order by security.security_id;
