-- One row is one stay in a list whose symbol the warehouse holds no bar for: expected members that are missed (B.7).
--
-- So is the part of a stay in which the symbol's bars are not believed to be the member's (core.late_line).
-- key: universe_id, symbol, valid_from
create table core.membership_gap (
    universe_id varchar not null,       -- the list
    symbol varchar not null,            -- symbol as the list spells it
    valid_from date not null,           -- first date in
    valid_to date                       -- first date out; NULL while in
);

insert into core.membership_gap by name
with latest_list as (
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
    said.universe_id, said.symbol, said.valid_from,
    nullif(max(least(coalesce(said.valid_to, date '9999-12-31'), late.believed_from)), date '9999-12-31') as valid_to
from said
left join core.line_symbol as holder
    on holder.symbol = said.symbol and holder.valid_from <= said.valid_from and said.valid_from < holder.valid_to
left join core.security as line on line.security_id = holder.security_id
left join core.late_line as late
    on late.security_id = line.security_id and said.valid_from < late.doubt_before and said.valid_from > date '1900-01-01'
where (line.first_session is null or said.valid_to <= line.first_session or late.security_id is not null)
    and (said.valid_to is null or said.valid_from < said.valid_to)
group by said.universe_id, said.symbol, said.valid_from;
