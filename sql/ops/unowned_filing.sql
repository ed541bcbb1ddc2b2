-- One row is one symbol under which a source filed company data that belong to no line of ours, so that they are not used (A.9).
--
-- Either no line ever had the symbol, or its line had left it and nobody else is served under it: Delphi Technologies filed under what
-- had been Aptiv's. Who wants them used delivers bars or a listing of the symbol, or the rename that gives it to a line.
-- may be empty: every filing may be of a line of ours
-- key: table_name, symbol
create table ops.unowned_filing (
    table_name varchar not null,        -- raw table of the rows
    symbol varchar not null,            -- vendor symbol
    reason varchar not null check (reason in ('UNKNOWN_SYMBOL', 'SYMBOL_LEFT')), -- no line ever had it, or its line left it before
    n_rows bigint not null,             -- rows that are not used
    told_from date not null,            -- day of the first of them: of filing, else of the period end; of announcements the day they were shown
    told_to date not null               -- day of the last of them
);

insert into ops.unowned_filing by name
with filed as (
    select 'raw.statement' as table_name, symbol, coalesce(known_on, fiscal_period_end) as day from raw.statement
    union all
    select 'raw.share_count', symbol, known_on from raw.share_count
    union all
    select 'raw.earnings_event', symbol, observed_on from raw.earnings_event
),
daily as (
    select table_name, symbol, day, count(*) as n_rows from filed group by table_name, symbol, day
)
select
    daily.table_name, daily.symbol,
    case when daily.symbol in (select symbol from core.line_symbol) then 'SYMBOL_LEFT' else 'UNKNOWN_SYMBOL' end as reason,
    cast(sum(daily.n_rows) as bigint) as n_rows, min(daily.day) as told_from, max(daily.day) as told_to
from daily
anti join core.line_symbol as line on line.symbol = daily.symbol and line.valid_from <= daily.day and daily.day < line.valid_to
group by daily.table_name, daily.symbol
order by daily.table_name, daily.symbol;
