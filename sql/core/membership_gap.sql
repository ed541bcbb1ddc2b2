-- One row is one stay in a list whose symbol the warehouse holds no bar for: expected members that are missed (B.7).
-- key: universe_id, symbol, valid_from
create table core.membership_gap (
    universe_id varchar not null,       -- the list
    symbol varchar not null,            -- symbol as the list spells it
    valid_from date not null,           -- first date in
    valid_to date                       -- first date out; NULL while in
);

insert into core.membership_gap by name
with holder as (
    select symbol, security_id, row_number() over (partition by symbol order by valid_from desc) = 1 as is_latest, valid_from, valid_to
    from core.symbol_interval
),
latest_list as (
    select universe_id, symbol, valid_from, valid_to, source <> 'reference' as is_market
    from raw.membership
    qualify load_id = max(load_id) over (partition by universe_id, source)
),
said as (
    select universe_id, symbol, valid_from, valid_to
    from latest_list
    qualify is_market or not bool_or(is_market) over (partition by universe_id)
    union all
    select cohort_id, unnest(string_split(symbols, ' ')), date '1900-01-01', null
    from raw.cohort_rule
    where kind = 'FIXED' and load_id = (select max(load_id) from raw.cohort_rule)
)
select
    said.universe_id, said.symbol, said.valid_from, case when bool_or(said.valid_to is null) then null else max(said.valid_to) end as valid_to
from said
left join holder as of_day
    on of_day.symbol = said.symbol and of_day.valid_from <= said.valid_from
    and (of_day.valid_to is null or said.valid_from < of_day.valid_to)
left join holder as latest on latest.symbol = said.symbol and latest.is_latest
left join core.security as line on line.security_id = coalesce(of_day.security_id, latest.security_id)
where (line.first_session is null or said.valid_to <= line.first_session) and (said.valid_to is null or said.valid_from < said.valid_to)
group by said.universe_id, said.symbol, said.valid_from;
