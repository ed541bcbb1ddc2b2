-- One row is one spell of dates for which rows that a source gives under a symbol belong to one security (A.9).
--
-- The one place through which raw rows reach their security. The spells of a symbol cover every date once: where nobody held it,
-- it means its latest holder, because sources write the past under the symbols of today and the present for a while under old ones.
-- key: symbol, valid_from
create table core.line_symbol (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- vendor symbol
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
gap as (
    select
        symbol, coalesce(lag(valid_to) over (partition by symbol order by valid_from), date '1900-01-01') as valid_from, valid_from as valid_to
    from held
    union all
    select symbol, valid_to, date '9999-12-31' from latest
)
select security_id, symbol, valid_from, valid_to from held
union all
select latest.security_id, gap.symbol, gap.valid_from, gap.valid_to
from gap
join latest on latest.symbol = gap.symbol
where gap.valid_from < gap.valid_to
order by symbol, valid_from;
