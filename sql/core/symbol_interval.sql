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
with recursive
-- A symbol that was left and has no bars since, or but the tail of the line that left it, is nobody's.
node as (
    select
        piece.symbol, piece.valid_from, piece.valid_to, piece.number, piece.has_price,
        away.new_symbol as next_symbol,
        takeover.old_symbol is null and reuse.symbol is null as is_kept
    from core.symbol_piece as piece
    left join core.symbol_rename as away on away.old_symbol = piece.symbol and away.changed_on = piece.valid_to and away.is_applied
    left join core.symbol_rename as left_by
        on left_by.old_symbol = piece.symbol and left_by.changed_on = piece.valid_from and left_by.is_applied
    left join core.symbol_rename as takeover
        on takeover.new_symbol = piece.symbol and takeover.changed_on = piece.valid_to and takeover.verdict = 'TAKEOVER'
    left join core.symbol_rename as into_it
        on into_it.new_symbol = piece.symbol and into_it.changed_on = piece.valid_from and into_it.is_applied
    left join core.symbol_reuse as reuse on reuse.symbol = piece.symbol and reuse.changed_on = piece.valid_to and reuse.is_applied
    where left_by.old_symbol is null or into_it.old_symbol is not null or (piece.has_price and not left_by.is_tail)
    qualify row_number() over (partition by piece.symbol, piece.valid_from order by takeover.old_symbol nulls last) = 1
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
-- Pieces of a symbol after which its line never had another: a rename that is not believed cuts the life of the last symbol, too.
kept as (
    select symbol, valid_from from path group by symbol, valid_from having bool_and(at_symbol = symbol)
),
identified as (
    select
        line.symbol, line.valid_from, node.valid_to, node.has_price,
        node.next_symbol is not null as is_left,
        kept.symbol is not null as is_last,
        min(node.number) over (partition by line.last_symbol, line.last_from) as security_id
    from line
    join node on node.symbol = line.symbol and node.valid_from = line.valid_from
    left join kept on kept.symbol = line.symbol and kept.valid_from = line.valid_from
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
