-- One row is one stretch of dates within which one line had a symbol: a symbol's life, cut where renames and reuses tell that it passed.
--
-- A symbol that has bars, or that a listing names, has a number: by first landing load, then symbol. What a cut adds is as new as
-- the load that told of it, so that ids once given stay. Whether two pieces next to each other are one line is core.symbol_interval.
-- key: symbol, valid_from
create table core.symbol_piece (
    symbol varchar not null,            -- vendor symbol
    valid_from date not null,           -- first date; 1900-01-01: since ever
    valid_to date,                      -- first date of the next piece; NULL for the last
    number integer,                     -- place in the order of mention; NULL when nothing is held of it
    has_price boolean not null,         -- a bar with a price was served
    served_from date,                   -- first date of which a bar was served, or of the share basis of one if that is earlier
    first_session date                  -- first session with a price
);

insert into core.symbol_piece by name
with turn as (
    select old_symbol as symbol, changed_on, first_load_id from core.symbol_rename
    union all
    select new_symbol, changed_on, first_load_id from core.symbol_rename
    union all
    select symbol, changed_on, first_load_id from core.symbol_reuse
),
cut as (
    select symbol, changed_on, min(first_load_id) as first_load_id from turn group by symbol, changed_on
),
piece as (
    select symbol, changed_on as valid_from, lead(changed_on) over (partition by symbol order by changed_on) as valid_to
    from (select symbol, changed_on from cut union all select distinct symbol, date '1900-01-01' from cut) as point
),
-- Most symbols were never cut: only the bars of the others are told apart by date.
bar as (
    select symbol, date '1900-01-01' as valid_from, first_load_id, served_from, has_price, first_session
    from core.served_symbol
    where symbol not in (select symbol from cut)
    union all
    select
        bar.symbol, piece.valid_from, min(bar.load_id), greatest(piece.valid_from, min(least(bar.session, bar.basis_date))),
        bool_or(bar.close > 0 or bar.adj_close > 0),
        min(session.session) filter (where bar.close > 0 or bar.adj_close > 0)
    from raw.price_bar as bar
    join piece on piece.symbol = bar.symbol and piece.valid_from <= bar.session and (piece.valid_to is null or bar.session < piece.valid_to)
    left join core.session as session on session.session = bar.session
    group by bar.symbol, piece.valid_from
),
-- A listing is of the line that it speaks of: the one that ended with it, or the one that begins later.
listing as (
    select symbol, load_id, coalesce(last_session, greatest(cast(fetched_at as date), first_session)) as day from raw.listing
),
listed as (
    select listing.symbol, coalesce(piece.valid_from, date '1900-01-01') as valid_from, min(listing.load_id) as first_load_id
    from listing
    left join piece
        on piece.symbol = listing.symbol and piece.valid_from <= listing.day and (piece.valid_to is null or listing.day < piece.valid_to)
    group by listing.symbol, piece.valid_from
),
mention as (
    select
        symbol, valid_from, min(first_load_id) as first_load_id, bool_or(has_price) as has_price,
        min(served_from) as served_from, min(first_session) as first_session
    from (
        select symbol, valid_from, first_load_id, has_price, served_from, first_session from bar
        union all
        select symbol, valid_from, first_load_id, false, null, null from listed
    ) as seen
    group by symbol, valid_from
),
-- What a cut divides is the piece that the cuts told before it left.
divided as (
    select
        cut.symbol, cut.changed_on, cut.first_load_id,
        coalesce(max(before.changed_on) filter (where before.changed_on < cut.changed_on), date '1900-01-01') as valid_from,
        min(before.changed_on) filter (where before.changed_on > cut.changed_on) as valid_to
    from cut
    left join cut as before
        on before.symbol = cut.symbol and (before.first_load_id, before.changed_on) < (cut.first_load_id, cut.changed_on)
    group by cut.symbol, cut.changed_on, cut.first_load_id
),
-- Its number goes to the earlier part when anything was held of that by then, else to the later.
parted as (
    select
        divided.symbol, divided.changed_on, divided.first_load_id, divided.valid_from, divided.valid_to,
        min(mention.first_load_id) filter (where mention.first_load_id <= divided.first_load_id) as held_since,
        count(*) filter (
            where mention.first_load_id <= divided.first_load_id and mention.valid_from < divided.changed_on
        ) > 0 as is_earlier_heir
    from divided
    left join mention
        on mention.symbol = divided.symbol
            and mention.valid_from >= divided.valid_from
            and (divided.valid_to is null or mention.valid_from < divided.valid_to)
    group by divided.symbol, divided.changed_on, divided.first_load_id, divided.valid_from, divided.valid_to
),
-- Every division that a piece came out of: with the number of what was divided, or as something new.
descent as (
    select
        mention.symbol, mention.valid_from, parted.first_load_id, parted.held_since,
        bool_and((mention.valid_from < parted.changed_on) = parted.is_earlier_heir) over (
            partition by mention.symbol, mention.valid_from order by parted.first_load_id desc, parted.changed_on desc
        ) as is_heir
    from mention
    join parted
        on parted.symbol = mention.symbol
            and parted.valid_from <= mention.valid_from
            and (parted.valid_to is null or mention.valid_from < parted.valid_to)
),
-- A number is as old as the first mention of what had it, and no older than the cut that made it a piece of its own.
aged as (
    select
        mention.symbol, mention.valid_from, mention.has_price, mention.served_from, mention.first_session,
        greatest(
            least(mention.first_load_id, min(descent.held_since) filter (where descent.is_heir)),
            max(descent.first_load_id) filter (where not descent.is_heir)
        ) as first_load_id
    from mention
    left join descent on descent.symbol = mention.symbol and descent.valid_from = mention.valid_from
    group by
        mention.symbol, mention.valid_from, mention.first_load_id, mention.has_price, mention.served_from, mention.first_session
),
numbered as (
    select
        symbol, valid_from, has_price, served_from, first_session,
        cast(row_number() over (order by first_load_id, symbol, valid_from) as integer) as number
    from aged
)
select
    coalesce(piece.symbol, numbered.symbol) as symbol,
    coalesce(piece.valid_from, numbered.valid_from) as valid_from,
    piece.valid_to,
    numbered.number,
    coalesce(numbered.has_price, false) as has_price,
    numbered.served_from,
    numbered.first_session
from piece
full join numbered on numbered.symbol = piece.symbol and numbered.valid_from = piece.valid_from
order by symbol, valid_from;
