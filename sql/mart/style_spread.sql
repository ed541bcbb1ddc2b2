-- One row is one pair of funds on one session over one horizon: how far the long fund ran ahead of the short one (D.8).
--
-- Total returns of our own (A.2), fund fees not added back. Own history restarts where a fund changed its index (break_on).
-- may be empty: the market may lack the funds of raw.etf_spread
-- key: session, spread_id, horizon_sessions
create table mart.style_spread (
    session date not null,              -- last session of the horizon
    spread_id varchar not null,         -- etf_small_tech, ...
    horizon_sessions smallint not null, -- sessions over which returns are compounded: 1, 5, 21, 63 or 252
    long_symbol varchar not null,       -- fund held long
    short_symbol varchar not null,      -- fund held short
    spread_log double,                  -- log total return of the long fund less the short one's; NULL with a reason
    spread_pp double,                   -- compounded return of the long fund less the short one's, decimal (0.01 is one point)
    long_return double,                 -- compounded total return of the long fund, decimal
    short_return double,                -- compounded total return of the short fund, decimal
    widest_since date,                  -- last earlier session with a spread_log of the same sign at least as wide; NULL when there is none
    is_record boolean,                  -- no earlier session of the own history was as wide on this side
    percentile_5y double,               -- mid-rank of spread_log in the five years to the session, 0..1 (C.11)
    z_5y double,                        -- spread_log in standard deviations of the five years before the session (C.11)
    n_obs integer not null,             -- spreads in the five years to the session
    history_from date,                  -- session of the first spread of the own history
    percentile_null_reason varchar,     -- why percentile_5y is NULL
    z_null_reason varchar,              -- why z_5y is NULL
    n_expected smallint not null,       -- funds needed: 2
    n_used smallint not null,           -- funds traded at both ends of the horizon
    n_missing smallint not null,        -- n_expected - n_used
    measures varchar not null,          -- what the spread measures
    caution varchar,                    -- how it misleads
    pit_grade varchar,                  -- worst grade of the prices at both ends; NULL without prices
    bias_label varchar not null,        -- ETF: a fund's own return, no claim about membership (B.7)
    null_reason varchar,                -- why spread_log is NULL: UNAVAILABLE, INSUFFICIENT_HISTORY (also across break_on), STALE_INPUT
    method_version varchar not null,    -- version of the definition
    check ((spread_log is null) = (null_reason is not null))
);

with param as (
    select
        cast(max(value) filter (where name = 'history.min_obs_percentile') as integer) as min_obs_percentile,
        cast(max(value) filter (where name = 'history.min_obs_z') as integer) as min_obs_z
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
pair as (
    select spread_id, long_symbol, short_symbol, measures, caution, break_on
    from raw.etf_spread
    where load_id = (select max(load_id) from raw.etf_spread)
),
-- A fund that was renamed is also meant by its old symbol.
fund as (
    select symbol, security_id
    from core.line_symbol
    where symbol in (select long_symbol from pair union all select short_symbol from pair)
    qualify row_number() over (partition by symbol order by valid_to desc) = 1
),
quote as (
    select fund.symbol, price.session_no, price.log_tri_e15, price.tri_segment, price.pit_grade
    from fund
    join core.daily_price as price using (security_id)
    -- A zero volume says that nothing traded; an unknown one does not.
    where price.is_valid and price.log_tri_e15 is not null and price.volume is distinct from 0
),
birth as (
    select symbol, min(session_no) as first_no from quote group by symbol
),
spine as (
    select
        pair.*, session.session, session.session_no, horizon.horizon_sessions,
        greatest(long_birth.first_no, short_birth.first_no) as first_no,
        long_birth.first_no is null or short_birth.first_no is null as is_unavailable
    from pair
    left join birth as long_birth on long_birth.symbol = pair.long_symbol
    left join birth as short_birth on short_birth.symbol = pair.short_symbol
    join core.session as session on session.session_no >= least(long_birth.first_no, short_birth.first_no)
    cross join (select unnest([1, 5, 21, 63, 252]) as horizon_sessions) as horizon
),
measured as (
    select
        spine.*,
        long_now.log_tri_e15 - long_then.log_tri_e15 as long_e15,
        short_now.log_tri_e15 - short_then.log_tri_e15 as short_e15,
        greatest(long_now.pit_grade, short_now.pit_grade, long_then.pit_grade, short_then.pit_grade) as pit_grade,
        case
            when spine.is_unavailable then 'UNAVAILABLE'
            when spine.session_no - spine.horizon_sessions < spine.first_no then 'INSUFFICIENT_HISTORY'
            when first_return.session < spine.break_on and spine.break_on <= spine.session then 'INSUFFICIENT_HISTORY'
            when long_e15 is null or short_e15 is null then 'STALE_INPUT'
            -- Levels of two segments of an index tell no return (A.2).
            when long_now.tri_segment <> long_then.tri_segment or short_now.tri_segment <> short_then.tri_segment then 'INSUFFICIENT_HISTORY'
        end as null_reason
    from spine
    left join core.session as first_return on first_return.session_no = spine.session_no - spine.horizon_sessions + 1
    left join quote as long_now on long_now.symbol = spine.long_symbol and long_now.session_no = spine.session_no
    left join quote as short_now on short_now.symbol = spine.short_symbol and short_now.session_no = spine.session_no
    left join quote as long_then
        on long_then.symbol = spine.long_symbol and long_then.session_no = spine.session_no - spine.horizon_sessions
    left join quote as short_then
        on short_then.symbol = spine.short_symbol and short_then.session_no = spine.session_no - spine.horizon_sessions
)
select
    measured.session,
    measured.spread_id,
    cast(measured.horizon_sessions as smallint) as horizon_sessions,
    measured.long_symbol,
    measured.short_symbol,
    case when measured.null_reason is null then measured.long_e15 - measured.short_e15 end as spread_e15,
    case when measured.null_reason is null then exp(measured.long_e15 / 1e15) - 1 end as long_return,
    case when measured.null_reason is null then exp(measured.short_e15 / 1e15) - 1 end as short_return,
    cast(2 as smallint) as n_expected,
    cast(cast(measured.long_e15 is not null as integer) + cast(measured.short_e15 is not null as integer) as smallint) as n_used,
    measured.measures,
    measured.caution,
    measured.pit_grade,
    measured.null_reason,
    coalesce(measured.session >= measured.break_on, false) as is_after_break,
    measured.session >= $first as is_wanted,
    param.min_obs_percentile,
    param.min_obs_z
from measured
cross join param
where measured.session <= $last -- from the beginning: a date of the last time may lie anywhere
order by measured.spread_id, measured.horizon_sessions, measured.session;
