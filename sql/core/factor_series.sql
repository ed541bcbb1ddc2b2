-- One row is one factor at one formation: why it has no return where nothing could be sorted, or too little of its lists.
--
-- Every factor of core.factor is here at every month end from the market's first session on (core.member_count): a factor without
-- anything to sort has rows with a reason, not none.
-- seldom empty: the history may be too short for a month end
-- key: formation_session, factor_id, variant
create table core.factor_series (
    formation_session date not null,    -- last session of a month
    factor_id varchar not null,         -- as in core.factor
    variant varchar not null,           -- as in core.factor
    missing_reason varchar not null,    -- why there is no return where there is no portfolio (0.4)
    thin_reason varchar                 -- why no return of this formation is shown, whatever was formed: too few of a list; else NULL
);

insert into core.factor_series by name
with param as (
    select max(value) filter (where name = 'coverage.min_n') as min_n
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
formation as (
    select session as formation_session
    from core.session
    where is_month_end and session >= (select min(session) from core.member_count)
),
-- The commonest reason of the names that only want for a value, else of all; of two as common the first in the order of 0.4.
told as (
    select
        formation_session, characteristic, exclusion_reason, is_screened, count(*) as n_names,
        case exclusion_reason
            when 'NO_PRICE' then 'LOW_COVERAGE'
            when 'NONPOSITIVE' then 'LOW_COUNT'
            when 'LOW_PRICE' then 'LOW_COUNT'
            when 'NOT_IN_UNIVERSE' then 'LOW_COUNT'
            when 'NEWLY_LISTED' then 'INSUFFICIENT_HISTORY'
            else coalesce(exclusion_reason, 'INSUFFICIENT_HISTORY')
        end as reason
    from core.characteristic
    where not is_eligible
    group by formation_session, characteristic, exclusion_reason, is_screened
),
commonest as (
    select formation_session, characteristic, reason
    from told
    qualify row_number() over (
        partition by formation_session, characteristic
        order by is_screened desc, n_names desc,
            list_position(['UNAVAILABLE', 'NO_DIVIDENDS', 'INSUFFICIENT_HISTORY', 'LOW_COUNT', 'LOW_COVERAGE'], reason) nulls last, reason
    ) = 1
),
sorted as (
    select
        name.formation_session,
        case name.characteristic when 'momentum' then 'UMD' when 'earnings_yield' then 'HML_EP' else 'HML_BM' end as sort_id,
        bool_or(name.exchange in ('NYQ', 'NYSE')) as has_nyse,
        case when bool_or(name.is_eligible) then 'LOW_COUNT' else max(commonest.reason) end as missing_reason,
        bool_or(name.is_eligible) as is_known
    from core.characteristic as name
    left join commonest
        on commonest.formation_session = name.formation_session and commonest.characteristic = name.characteristic
    group by name.formation_session, name.characteristic
),
list as (
    select
        formation_session, universe_id,
        count(*) filter (where is_eligible) / cast(count(*) + max(n_gaps) as double) as held_share,
        count(*) filter (where is_eligible or exclusion_reason = 'NEWLY_LISTED') / cast(count(*) + max(n_gaps) as double) as grown_share
    from core.size_list
    group by formation_session, universe_id
),
list_pair as (
    select
        list.formation_session,
        case
            when count(*) < 2 then 'UNAVAILABLE'
            when min(list.held_share) >= max(param.min_n) then 'LOW_COUNT'
            when min(list.grown_share) >= max(param.min_n) then 'INSUFFICIENT_HISTORY'
            else 'LOW_COVERAGE'
        end as missing_reason,
        min(list.held_share) < max(param.min_n) as is_thin
    from list
    cross join param
    group by list.formation_session
)
select
    formation.formation_session,
    factor.factor_id,
    factor.variant,
    case
        when factor.variant = 'nyse' and sorted.is_known and sorted.has_nyse is not true then 'UNAVAILABLE'
        else coalesce(sorted.missing_reason, list_pair.missing_reason, 'UNAVAILABLE')
    end as missing_reason,
    case when list_pair.is_thin then list_pair.missing_reason end as thin_reason
from formation
cross join core.factor as factor
left join sorted on sorted.formation_session = formation.formation_session and sorted.sort_id = factor.sort_id
left join list_pair on list_pair.formation_session = formation.formation_session and factor.variant = 'list_ew'
order by formation.formation_session, factor.factor_id, factor.variant;
