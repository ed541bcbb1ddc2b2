-- One row is one spell of dates for which rows that a source gives under a symbol belong to one security (A.9).
--
-- The one place through which raw rows reach their security. Before anybody held it a symbol means its latest holder, because sources
-- write the past under the symbols of today. After its line left it another company may file under it, though no bar of that one is
-- held: such rows belong to no line. Only bars that came then are the latest holder's, told late under an old name. A new symbol that
-- no bar was served under is of the line that a rename gives it to, from then on: its bars go on under the old one.
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
bound as (
    select distinct gap.symbol, gap.valid_from, gap.valid_to
    from gap
    left join core.symbol_piece as piece
        on piece.symbol = gap.symbol and piece.served_from is not null
        and piece.valid_from < gap.valid_to and (piece.valid_to is null or gap.valid_from < piece.valid_to)
    where gap.valid_from < gap.valid_to and (gap.valid_from = date '1900-01-01' or piece.symbol is not null)
),
unserved as (
    select rename.symbol, rename.old_symbol, rename.valid_from, rename.valid_to
    from (
        select
            new_symbol as symbol, old_symbol, changed_on as valid_from,
            coalesce(lead(changed_on) over (partition by new_symbol order by changed_on, old_symbol), date '9999-12-31') as valid_to
        from core.symbol_rename
        where verdict = 'UNHELD'
    ) as rename
    -- The line had prices then: who was served under the old symbol only later is another one.
    join core.symbol_piece as piece on piece.symbol = rename.old_symbol and piece.valid_to = rename.valid_from and piece.has_price
    where rename.valid_from <= (select max(session) from core.session)
),
spell as (
    select security_id, symbol, valid_from, valid_to from held
    union all
    select held.security_id, unserved.symbol, unserved.valid_from, unserved.valid_to
    from unserved
    join held on held.symbol = unserved.old_symbol and held.valid_from < unserved.valid_from and unserved.valid_from <= held.valid_to
    where unserved.valid_from < unserved.valid_to
    union all
    select latest.security_id, bound.symbol, bound.valid_from, bound.valid_to
    from bound
    join latest on latest.symbol = bound.symbol
)
select
    spell.security_id, spell.symbol, spell.valid_from, spell.valid_to,
    greatest(spell.valid_from, coalesce(served.served_from, date '9999-12-31')) as matters_from
from spell
left join served on served.symbol = spell.symbol
order by spell.symbol, spell.valid_from;
