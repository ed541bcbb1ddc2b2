-- One row is one factor at one formation: the sort it is made of, and why it has no return where nothing could be sorted.
--
-- UMD, HML_EP and HML_BM are made of their own sorts; SMB, SMB_BM and SMB_UMD are the size side of the earnings-yield, book and
-- momentum sorts, and in variant list_ew of the S&P 600 and 500. A factor begins at the first formation that looked for its sort.
-- seldom empty: the history may be too short for a sort
-- key: formation_session, factor_id, variant
create table core.factor_series (
    formation_session date not null,    -- last session of a month
    factor_id varchar not null,         -- UMD, SMB, HML_EP, HML_BM, SMB_BM, SMB_UMD
    variant varchar not null,           -- cap90, nyse, univ, cap90_ew, list_ew
    sort_id varchar not null,           -- factor_id of the portfolios it is made of: UMD, HML_EP, HML_BM, SMB (lists)
    is_size boolean not null,           -- small less big; else high less low
    n_portfolios integer not null,      -- portfolios of a complete sort: 6, or 2 for lists
    missing_reason varchar not null     -- why there is no return where there is no portfolio: UNAVAILABLE, INSUFFICIENT_HISTORY, LOW_COUNT
);

insert into core.factor_series by name
with factor (factor_id, sort_id, is_size) as (
    values
        ('UMD', 'UMD', false),
        ('HML_EP', 'HML_EP', false),
        ('HML_BM', 'HML_BM', false),
        ('SMB', 'HML_EP', true),
        ('SMB_BM', 'HML_BM', true),
        ('SMB_UMD', 'UMD', true)
),
series as (
    select factor.factor_id, factor.sort_id, factor.is_size, variant.variant, 6 as n_portfolios
    from factor
    cross join (select unnest(['cap90', 'nyse', 'univ', 'cap90_ew']) as variant) as variant
    union all
    select 'SMB', 'SMB', true, 'list_ew', 2
),
known as (
    select
        formation_session,
        case characteristic when 'momentum' then 'UMD' when 'earnings_yield' then 'HML_EP' else 'HML_BM' end as sort_id,
        bool_or(is_eligible) as is_known,
        bool_or(exchange in ('NYQ', 'NYSE')) as has_nyse,
        bool_or(exclusion_reason = 'INSUFFICIENT_HISTORY') or not bool_or(is_screened) as is_too_young
    from core.characteristic
    group by formation_session, characteristic
    union all
    select formation_session, 'SMB', bool_or(is_eligible), false, not bool_or(is_eligible)
    from core.size_list
    group by formation_session
),
spine as (
    select session.session as formation_session, series.*
    from core.session as session
    cross join series
    where session.is_month_end and session.session >= (select min(formation_session) from known where known.sort_id = series.sort_id)
)
select
    spine.formation_session,
    spine.factor_id,
    spine.variant,
    spine.sort_id,
    spine.is_size,
    spine.n_portfolios,
    case
        when known.is_known and spine.variant = 'nyse' and known.has_nyse is not true then 'UNAVAILABLE'
        when known.is_known then 'LOW_COUNT'
        when known.is_too_young then 'INSUFFICIENT_HISTORY'
        else 'UNAVAILABLE'
    end as missing_reason
from spine
left join known on known.formation_session = spine.formation_session and known.sort_id = spine.sort_id
order by spine.formation_session, spine.factor_id, spine.variant;
