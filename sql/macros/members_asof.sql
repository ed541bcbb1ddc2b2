-- One row is one member of a list on a session, as the lists that had been fetched by an instant told it.
--
-- Lists are dated index lists and cohorts whose names are fixed; asking for another universe is an error, because one that is ranked,
-- tested or combined has no list: a STRICT rebuild holds its members. Rows of a market source replace the reference's, as in core.list_membership.
-- A name that the list keeps after its line ended, or that no source prices, is in the answer: it is what the list told.
create or replace macro members_asof(
    universe, -- SP500, NDX100, MAG7, ...
    session, -- date of the session
    ts -- UTC instant, a timestamp (or a timestamptz): nothing fetched later is used
) as table
with asked as (
    select
        case
            when universe in (
                select list.universe_id from raw.membership as list
                union all
                select rule.cohort_id from raw.cohort_rule as rule where rule.kind = 'FIXED'
            ) then universe
            else error('members_asof: ' || universe || ' is no list of this release; a universe that is ranked, tested or combined is in the file of rotation rebuild --as-of')
        end as universe_id,
        cast(session as date) as on_day,
        make_timestamp(epoch_us(ts)) as known_at
),
listed as (
    select
        list.universe_id, list.symbol, list.valid_from, list.valid_to, list.bias_label, list.fetched_at, list.source <> 'reference' as is_market
    from raw.membership as list
    join asked on list.universe_id = asked.universe_id and list.fetched_at <= asked.known_at
    qualify list.load_id = max(list.load_id) over (partition by list.source)
),
rule as (
    select rule.cohort_id, rule.kind, rule.symbols, rule.hindsight_before, rule.bias_label, rule.fetched_at
    from raw.cohort_rule as rule
    join asked on rule.fetched_at <= asked.known_at
    qualify rule.load_id = max(rule.load_id) over ()
),
told as (
    select universe_id, symbol, valid_from, valid_to, bias_label, fetched_at
    from listed
    qualify is_market or not bool_or(is_market) over ()
    union all
    select rule.cohort_id, unnest(string_split(rule.symbols, ' ')), date '1900-01-01', null, coalesce(rule.bias_label, 'PIT_FULL'), rule.fetched_at
    from rule
    join asked on rule.cohort_id = asked.universe_id
    where rule.kind = 'FIXED'
),
stay as (
    select
        told.universe_id, told.symbol, told.valid_from, told.valid_to, told.fetched_at,
        case when asked.on_day < rule.hindsight_before then 'HINDSIGHT_SELECTED' else told.bias_label end as bias_label
    from told
    join asked on told.valid_from <= asked.on_day and (told.valid_to is null or asked.on_day < told.valid_to)
    left join rule on rule.cohort_id = told.universe_id
    qualify row_number() over (partition by told.symbol order by told.valid_from desc) = 1
)
select
    stay.universe_id, -- the list
    holder.security_id, -- the security that holds the symbol; NULL when no source prices it
    stay.symbol, -- symbol as the list spells it
    stay.valid_from, -- first date in; 1900-01-01 in a fixed list
    stay.valid_to, -- first date out; NULL while in
    stay.bias_label, -- PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    stay.fetched_at, -- UTC instant at which the list was fetched
    case when stay.bias_label = 'PIT_FULL' then 'B' else 'D' end as pit_grade -- B a dated or fixed list, D a list of today or chosen in hindsight
from stay
left join core.line_symbol as holder
    on holder.symbol = stay.symbol and holder.valid_from <= stay.valid_from and stay.valid_from < holder.valid_to;
