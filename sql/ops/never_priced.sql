-- One row is one symbol whose prices were asked for and never came: the last answer was a failure, or it still waits its turn.
-- may be empty: everything that was asked for may have come
-- key: symbol
create table ops.never_priced (
    symbol varchar not null,            -- vendor symbol
    asked_on date not null              -- UTC date on which it first was due
);

insert into ops.never_priced by name
select subject as symbol, cast(min(fetched_at) as date) as asked_on
from ops.fetch_ledger
where dataset = 'raw.price_bar' and subject not in (
    select line.symbol
    from core.line_symbol as line
    join core.security as security on security.security_id = line.security_id
    where security.first_session is not null
)
group by subject
having arg_max(outcome, load_id) in ('failed', 'waiting')
order by symbol;
