-- One row is one spell of dates for which rows that a source gives under a symbol belong to one security (A.9).
--
-- The one place through which raw rows reach their security. The spells of a symbol cover every date once: where nobody held it,
-- it means its latest holder, because sources write the past under the symbols of today and the present for a while under old ones.
-- key: symbol, valid_from
create table core.line_symbol (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- vendor symbol
    matters_from date not null,         -- first date in the spell of which a bar or an action was served under the symbol; 9999-12-31: none
    valid_from date not null,           -- first date; 1900-01-01: since ever
    valid_to date not null              -- first date no longer; 9999-12-31: no end
);

insert into core.line_symbol by name
with held as (
    select symbol, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, security_id from core.symbol_interval
),
latest as (
    select symbol, arg_max(security_id, valid_from) as security_id, max(valid_to) as valid_to from held group by symbol
),
-- A spell that begins in 1900 because nobody knows better must not redo the tables from 1900.
served as (
    select symbol, min(day) as served_from
    from (
        select symbol, min(served_from) as day from core.symbol_piece group by symbol
        union all
        select symbol, min(ex_date) from raw.corporate_action group by symbol
    ) as first_of
    group by symbol
),
gap as (
    select
        symbol, coalesce(lag(valid_to) over (partition by symbol order by valid_from), date '1900-01-01') as valid_from, valid_from as valid_to
    from held
    union all
    select symbol, valid_to, date '9999-12-31' from latest
),
spell as (
    select security_id, symbol, valid_from, valid_to from held
    union all
    select latest.security_id, gap.symbol, gap.valid_from, gap.valid_to
    from gap
    join latest on latest.symbol = gap.symbol
    where gap.valid_from < gap.valid_to
)
select
    spell.security_id, spell.symbol, spell.valid_from, spell.valid_to,
    greatest(spell.valid_from, coalesce(served.served_from, date '9999-12-31')) as matters_from
from spell
left join served on served.symbol = spell.symbol
order by spell.symbol, spell.valid_from;
