-- One row is one security and what it is: a share, or a unit, warrant, right, preferred share, note or fund beside one (A.9).
--
-- Sources call nearly everything that trades a share. Three speak of a line: the source, the end of its symbol (XYZ-WT, XYZ-PA; of
-- five letters the fifth: XYZAW) and its name ("... Warrants"), or that it has the name of the company whose symbol is the rest of its own.
-- What two of them say it is, that it is. Where only one says that it is no share, or two differ, it stays a share: core.doubtful_kind.
-- Funds and indices are what the source calls them.
-- key: security_id
create table core.line_kind (
    security_id integer not null,       -- the security
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX', 'UNIT', 'WARRANT', 'RIGHT', 'PREFERRED', 'NOTE', 'FUND')), -- what it is
    source_kind varchar not null,       -- what the source calls it; EQUITY where none speaks of it
    symbol_kind varchar,                -- what the end of its symbol says; NULL: nothing
    name_kind varchar,                  -- what its name says; NULL: nothing
    root_symbol varchar                 -- symbol of the line beside which the end of its symbol puts it; NULL without one
);

insert into core.line_kind by name
with label as (
    select
        security_id, arg_max(kind, (is_last, told_on, symbol)) as kind, arg_max(name, (is_last, told_on, symbol)) as name
    from core.line_listing
    group by security_id
),
named as (
    select
        last_symbol.security_id, last_symbol.symbol,
        coalesce(label.kind, case when starts_with(last_symbol.symbol, '^') then 'INDEX' else 'EQUITY' end) as source_kind,
        lower(label.name) as name
    from core.last_symbol as last_symbol
    left join label on label.security_id = last_symbol.security_id
),
ending as (
    select
        security_id, symbol, source_kind, name,
        regexp_extract(symbol, '^([A-Z0-9]{1,5})[-.$/](P|WT|WS|W|UN|U|RT|RI|R)([A-Z]?)$', ['root', 'kind', 'series']) as dashed,
        regexp_extract(symbol, '^([A-Z0-9]{4})([WURPONMLZGHI])$', ['root', 'kind']) as fifth
    from named
),
told as (
    select
        security_id, symbol, source_kind, name,
        nullif(coalesce(nullif(dashed.root, ''), fifth.root), '') as root_symbol,
        coalesce(dashed.kind = 'P' or fifth.kind in ('P', 'O', 'N', 'M', 'L', 'Z', 'G', 'H', 'I'), false) as is_senior,
        case
            -- A series letter follows P, WT and WS only: XYZ-UN is a unit, XYZ-WTA the first of several warrants.
            when dashed.kind = 'P' then 'PREFERRED'
            when dashed.kind in ('WT', 'WS') or (dashed.kind = 'W' and dashed.series = '') then 'WARRANT'
            when dashed.kind in ('UN', 'U') and dashed.series = '' then 'UNIT'
            when dashed.kind in ('RT', 'RI', 'R') and dashed.series = '' then 'RIGHT'
            when fifth.kind = 'W' then 'WARRANT'
            when fifth.kind = 'U' then 'UNIT'
            when fifth.kind = 'R' then 'RIGHT'
            when fifth.kind in ('P', 'O', 'N', 'M') then 'PREFERRED'
        end as symbol_kind,
        -- Not at the beginning, where companies have such words, and not the units of partnerships, which are their shares. Of several
        -- the first says it: a unit consists of a share and a warrant.
        case regexp_extract(
            regexp_replace(
                name, '(common|depositary|ordinary|partner(ship)?|lp|l\.p\.|trust|beneficial|interests?|paired|stapled) units?\b|units? (of|repr)', '', 'g'
            ),
            '.[^a-z](warrants?|wts?|preferred|preference|pfd|units?|rights?$|(subscription|purchase|contingent value) rights?'
            || '|(senior|subordinated|junior|convertible|unsecured|exchangeable) (notes?|debentures?)|(notes?|debentures?) (due|[0-9]))\b', 1
        )[1:4]
            when 'warr' then 'WARRANT'
            when 'wt' then 'WARRANT'
            when 'wts' then 'WARRANT'
            when 'pref' then 'PREFERRED'
            when 'pfd' then 'PREFERRED'
            when 'unit' then 'UNIT'
            when 'righ' then 'RIGHT'
            when 'subs' then 'RIGHT'
            when 'purc' then 'RIGHT'
            when 'cont' then 'RIGHT'
            when '' then case when regexp_matches(name, '.[^a-z](closed[- ]end )?fund( inc\.?|, inc\.?| trust)?$') then 'FUND' end
            else case when name is not null then 'NOTE' end
        end as word_kind
    from ending
),
-- The name of the company: without what follows a dash or a comma and without its legal form. A vendor that knows no name writes the symbol.
plain as (
    select
        security_id, symbol, root_symbol, symbol_kind,
        regexp_replace(
            regexp_replace(
                regexp_replace(replace(name, lower(symbol), lower(coalesce(root_symbol, symbol))), '( - |,).*$', ''),
                '\b(incorporated|inc|corporation|corp|company|co|ltd|limited|plc|the)\b', '', 'g'
            ),
            '[^a-z0-9]', '', 'g'
        ) as plain_name
    from told
),
-- It has the name of the company whose symbol is the rest of its own, or of lines of other kinds beside that one.
beside as (
    select distinct own.security_id
    from plain as own
    join plain as other
        on other.plain_name = own.plain_name and other.security_id <> own.security_id
        and (other.symbol = own.root_symbol or (other.root_symbol = own.root_symbol and other.symbol_kind <> own.symbol_kind))
    where own.symbol_kind is not null and length(own.plain_name) > 0
),
said as (
    select
        told.security_id, told.source_kind, told.root_symbol,
        -- The letters of preferred shares are those of notes, too; L, Z, G, H and I say only that it is something else than the share.
        case when told.is_senior and told.word_kind in ('NOTE', 'PREFERRED') then told.word_kind else told.symbol_kind end as symbol_kind,
        coalesce(told.word_kind, case when beside.security_id is not null then told.symbol_kind end) as name_kind
    from told
    left join beside on beside.security_id = told.security_id
)
select
    security_id,
    case
        when source_kind in ('ETF', 'INDEX') then source_kind
        when symbol_kind = name_kind or symbol_kind = source_kind then symbol_kind
        when name_kind = source_kind then name_kind
        else 'EQUITY'
    end as kind,
    source_kind, symbol_kind, name_kind,
    case when symbol_kind is not null then root_symbol end as root_symbol
from said
order by security_id;
