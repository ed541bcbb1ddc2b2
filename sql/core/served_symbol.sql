-- One row is one symbol of which a source served bars: since which load and which session.
-- key: symbol
create table core.served_symbol (
    symbol varchar not null,            -- vendor symbol
    first_load_id varchar not null,     -- landing load that brought its first bar
    served_from date not null,          -- first date of which a bar was served, or of the share basis of one if that is earlier
    has_price boolean not null,         -- a bar with a price was served
    first_session date                  -- first session with a price
);

insert into core.served_symbol by name
select
    bar.symbol, min(bar.load_id) as first_load_id, min(least(bar.session, bar.basis_date)) as served_from,
    bool_or(bar.close > 0 or bar.adj_close > 0) is true as has_price,
    min(session.session) filter (where bar.close > 0 or bar.adj_close > 0) as first_session
from raw.price_bar as bar
left join core.session as session on session.session = bar.session
group by bar.symbol
order by bar.symbol;
