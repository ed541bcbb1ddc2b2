-- One row is one spell of a security under one symbol, so that lists which spell symbols of the day can be resolved (A.9).
--
-- A symbol that has bars, or that a listing names, is a security; a rename that core.symbol_rename applies makes two symbols one.
-- A symbol that another company took is a new security from then on. The last symbol also holds for earlier dates, as many
-- sources spell the past with the symbols of today, unless another security used it then. Rows of a source are joined through
-- core.line_symbol.
-- key: symbol, valid_from
create table core.symbol_interval (
    security_id integer not null,       -- the security: the smallest number of its symbols, numbered by first landing load, then symbol
    symbol varchar not null,            -- the symbol it had
    valid_from date not null,           -- first date under the symbol; 1900-01-01: since ever
    valid_to date                       -- first date no longer under it; NULL while it holds
);

insert into core.symbol_interval by name
with recursive turn as (
    select old_symbol as symbol, changed_on, first_load_id from core.symbol_rename
    union all
    select new_symbol, changed_on, first_load_id from core.symbol_rename
),
cut as (
    select symbol, changed_on, min(first_load_id) as first_load_id from turn group by symbol, changed_on
),
-- The life of a symbol in pieces, within each of which one line has it.
piece as (
    select
        symbol, changed_on as valid_from, lead(changed_on) over life as valid_to,
        coalesce(first_load_id, lead(first_load_id) over life) as told_by
    from (select symbol, changed_on, first_load_id from cut union all select distinct symbol, date '1900-01-01', null from cut) as point
    window life as (partition by symbol order by changed_on)
),
-- Most symbols were never renamed: only the bars of the others are told apart by date.
bar as (
    select symbol, date '1900-01-01' as valid_from, min(load_id) as first_load_id, bool_or(close > 0 or adj_close > 0) as has_price
    from raw.price_bar
    where symbol not in (select symbol from cut)
    group by symbol
    union all
    select bar.symbol, piece.valid_from, min(bar.load_id), bool_or(bar.close > 0 or bar.adj_close > 0)
    from raw.price_bar as bar
    join piece on piece.symbol = bar.symbol and piece.valid_from <= bar.session and (piece.valid_to is null or bar.session < piece.valid_to)
    group by bar.symbol, piece.valid_from
),
listed as (
    select listing.symbol, coalesce(piece.valid_from, date '1900-01-01') as valid_from, min(listing.load_id) as first_load_id
    from raw.listing as listing
    left join piece
        on piece.symbol = listing.symbol and piece.valid_from <= listing.fetched_at
        and (piece.valid_to is null or listing.fetched_at < piece.valid_to)
    group by listing.symbol, piece.valid_from
),
mention as (
    select symbol, valid_from, min(first_load_id) as first_load_id, bool_or(has_price) as has_price
    from (
        select symbol, valid_from, first_load_id, has_price from bar
        union all
        select symbol, valid_from, first_load_id, false from listed
    ) as seen
    group by symbol, valid_from
),
-- The piece that is mentioned first has the number that the symbol had before the cut was known; the others are as new as the cut.
aged as (
    select
        mention.symbol, mention.valid_from, mention.has_price,
        case
            when row_number() over (partition by mention.symbol order by mention.first_load_id, mention.valid_from) = 1
                then mention.first_load_id
            else greatest(mention.first_load_id, piece.told_by)
        end as first_load_id
    from mention
    left join piece on piece.symbol = mention.symbol and piece.valid_from = mention.valid_from
),
numbered as (
    select
        symbol, valid_from, has_price,
        cast(row_number() over (order by first_load_id, symbol, valid_from) as integer) as number
    from aged
),
-- A symbol that was left and has no bars since, or but the tail of the line that left it, is nobody's.
node as (
    select
        coalesce(piece.symbol, numbered.symbol) as symbol,
        coalesce(piece.valid_from, numbered.valid_from) as valid_from,
        piece.valid_to,
        numbered.number,
        coalesce(numbered.has_price, false) as has_price,
        away.new_symbol as next_symbol,
        takeover.old_symbol is null as is_kept
    from piece
    full join numbered on numbered.symbol = piece.symbol and numbered.valid_from = piece.valid_from
    left join core.symbol_rename as away on away.old_symbol = piece.symbol and away.changed_on = piece.valid_to and away.is_applied
    left join core.symbol_rename as left_by
        on left_by.old_symbol = piece.symbol and left_by.changed_on = piece.valid_from and left_by.is_applied
    left join core.symbol_rename as takeover
        on takeover.new_symbol = piece.symbol and takeover.changed_on = piece.valid_to and takeover.verdict = 'TAKEOVER'
    left join core.symbol_rename as into_it
        on into_it.new_symbol = piece.symbol and into_it.changed_on = piece.valid_from and into_it.is_applied
    where left_by.old_symbol is null or into_it.old_symbol is not null or (coalesce(numbered.has_price, false) and not left_by.is_tail)
    qualify row_number() over (
        partition by coalesce(piece.symbol, numbered.symbol), coalesce(piece.valid_from, numbered.valid_from)
        order by takeover.old_symbol nulls last
    ) = 1
),
step as (
    select node.symbol, node.valid_from, next.symbol as next_symbol, next.valid_from as next_from
    from node
    join node as next on next.symbol = coalesce(node.next_symbol, node.symbol) and next.valid_from = node.valid_to
    where node.next_symbol is not null or node.is_kept
),
path as (
    select symbol, valid_from, symbol as at_symbol, valid_from as at_from from node
    union
    select path.symbol, path.valid_from, step.next_symbol, step.next_from
    from path
    join step on step.symbol = path.at_symbol and step.valid_from = path.at_from
),
line as (
    select path.symbol, path.valid_from, path.at_symbol as last_symbol, path.at_from as last_from
    from path
    anti join step on step.symbol = path.at_symbol and step.valid_from = path.at_from
),
identified as (
    select
        line.symbol, line.valid_from, node.valid_to, node.has_price,
        node.next_symbol is not null as is_left,
        line.symbol = line.last_symbol and line.valid_from = line.last_from as is_last,
        min(node.number) over (partition by line.last_symbol, line.last_from) as security_id
    from line
    join node on node.symbol = line.symbol and node.valid_from = line.valid_from
),
spell as (
    select
        security_id, symbol, valid_to,
        case
            when is_last then coalesce(lag(valid_to) over (partition by symbol order by valid_from), date '1900-01-01')
            else valid_from
        end as valid_from
    from identified
    where security_id is not null and (has_price or is_left or is_last)
),
joined as (
    select
        security_id, symbol, valid_from, valid_to,
        count(*) filter (where is_new) over (partition by symbol order by valid_from) as spell_no
    from (
        select *, valid_from is distinct from lag(valid_to) over (partition by symbol, security_id order by valid_from) as is_new
        from spell
    ) as marked
)
select
    security_id, symbol, min(valid_from) as valid_from, case when bool_or(valid_to is null) then null else max(valid_to) end as valid_to
from joined
group by security_id, symbol, spell_no
order by symbol, valid_from;
