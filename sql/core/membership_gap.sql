-- One row is one stay in a list whose symbol the warehouse holds no bar for: expected members that are missed (B.7).
--
-- So is the part of a stay in which the symbol's bars are not believed to be the member's (core.late_line).
-- A cohort that is combined of others misses what its base misses, of OR what any operand does. Whether such a symbol is in the other
-- operand too is told only where that one misses it as well: then a MINUS has lost nothing.
-- may be empty: every member of the lists may have bars
-- key: universe_id, symbol, valid_from
create table core.membership_gap (
    universe_id varchar not null,       -- the list, or a cohort that is combined of it
    symbol varchar not null,            -- symbol as the list spells it
    valid_from date not null,           -- first date in
    valid_to date                       -- first date out; NULL while in
);

insert into core.membership_gap by name
with recursive rule as (
    select cohort_id, kind, base_cohort_id, other_cohort_id, symbols
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
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
    from rule
    where kind = 'FIXED'
),
missed as (
    select
        said.universe_id, said.symbol, said.valid_from, least(coalesce(said.valid_to, date '9999-12-31'), late.believed_from) as valid_to
    from said
    left join core.line_symbol as holder
        on holder.symbol = said.symbol and holder.valid_from <= said.valid_from and said.valid_from < holder.valid_to
    left join core.security as line on line.security_id = holder.security_id
    left join core.late_line as late
        on late.security_id = line.security_id and said.valid_from < late.doubt_before and said.valid_from > date '1900-01-01'
    where (line.first_session is null or said.valid_to <= line.first_session or late.security_id is not null)
        and (said.valid_to is null or said.valid_from < said.valid_to)
),
part as (
    select cohort_id, base_cohort_id as part_id, case when kind = 'MINUS' then other_cohort_id end as without_id
    from rule
    where kind in ('MINUS', 'AND', 'OR')
    union all
    select cohort_id, unnest(string_split(other_cohort_id, ' ')), null
    from rule
    where kind = 'OR'
),
inherited as (
    select universe_id, symbol, valid_from, valid_to from missed
    union
    select part.cohort_id, inherited.symbol, inherited.valid_from, inherited.valid_to
    from inherited
    join part on part.part_id = inherited.universe_id
    anti join missed as gone on gone.universe_id = part.without_id and gone.symbol = inherited.symbol and gone.valid_from <= inherited.valid_from
),
numbered as (
    select
        *,
        valid_from > max(valid_to) over (
            partition by universe_id, symbol order by valid_from, valid_to rows between unbounded preceding and 1 preceding
        ) as is_new_stay
    from inherited
),
stay as (
    select
        *,
        count(*) filter (where is_new_stay) over (
            partition by universe_id, symbol order by valid_from, valid_to rows between unbounded preceding and current row
        ) as stay_no
    from numbered
)
select universe_id, symbol, min(valid_from) as valid_from, nullif(max(valid_to), date '9999-12-31') as valid_to
from stay
group by universe_id, symbol, stay_no
order by universe_id, symbol, valid_from;
