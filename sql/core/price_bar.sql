-- One row is the bar that stands for one security on one session, on the first share basis, tied to the bar before it.
--
-- Where a session was served more than once, the most trusted series counts, then the latest load. A return never mixes two
-- bases: both its ends come from one series, the best that has both. One series are the bars of one precedence with one price
-- basis and one basis date, whatever files, appends or loads brought them (A.2), and what one load brought: other adjusted closes
-- cannot be compared. Failing that the return is the change of the price alone; nothing ties two adjusted closes of two series.
-- A bar that cannot be used is a row with a reason, where no other bar of the session can. One that a person released is used;
-- of an inconsistent one the close and the volume alone; a released telling without a usable price says that the session has none. Made from raw.price_bar for core.daily_price, which analysts should read.
-- key: security_id, session
create table core.price_bar (
    security_id integer not null,       -- the security
    session date not null,              -- trading date
    session_no integer not null,        -- number of the session in core.session
    level double,                       -- close times core.split_regime.price_factor, or the adjusted close, in core.line.currency; NULL when not usable
    close_usd double,                   -- as-traded close, USD per share; NULL when only an adjusted close exists or the line is in another currency
    high double,                        -- high on the basis of level
    low double,                         -- low on the basis of level
    volume double,                      -- as-traded shares
    is_adjusted_only boolean not null,  -- level is an adjusted close
    is_dividend_known boolean not null, -- the series tells dividends, listed or in an adjusted close
    session_no_before integer,          -- session_no of the bar before, the earlier end of the return; NULL beyond price.gap_max_sessions
    level_before double,                -- level of the earlier end in the series of the return; NULL without one
    growth double,                      -- later level over earlier level of the return; NULL without a return
    dividend_basis varchar,             -- how the return learns of dividends: listed, implied, none, or adjusted (they are in growth)
    implied_yield double,               -- implied: distribution over the price before, from the change of the vendor's factor
    is_split_unshown boolean not null,  -- a split beyond price.large_move lies between the bases of both ends, and the closes served are nearer to none (A.6)
    seam varchar check (seam in ('PRICE_ONLY', 'SECTION', 'BASIS', 'FACTOR')), -- two series without an overlap: what is left, or why nothing; NULL else
    reason varchar,                     -- NO_PRICE, MIXED_CURRENCY, NONPOSITIVE_PRICE, SUSPECT_SPLIT, INCONSISTENT_BAR, STALE_PRICE: why it is not used; NULL when it is
    is_live boolean not null            -- a usable bar was fetched within four days of the session
);

insert into core.price_bar by name
with param as (
    select
        cast(max(value) filter (where name = 'price.gap_max_sessions') as integer) as gap_max,
        cast(max(value) filter (where name = 'price.stale_min_sessions') as integer) as stale_min,
        max(value) filter (where name = 'price.bar_tolerance') as bar_tolerance,
        max(value) filter (where name = 'price.large_move') as large_move
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Far enough back for the bar before the longest gap and the stale run before that.
horizon as (
    select
        min(session.session_no) filter (where session.session >= $first) as first_no,
        max(session.session_no) filter (where session.session <= $last) as last_no,
        min(session.session_no) filter (where session.session >= $first) - max(param.gap_max + param.stale_min) as look_back_no
    from core.session as session
    cross join param
),
load as (
    select load_id, row_number() over (order by load_id) as load_no
    from (select distinct load_id from raw.price_bar) as seen
),
-- From here on the share basis of a security's bars is not known.
suspect as (
    select open.security_id, min(session.session_no) as first_no
    from core.suspect_split as open
    join core.session as session on session.session >= open.first_session
    where open.ended_by is null
    group by open.security_id
),
-- What a source took back, and a person believes: no bar of the session from before.
withdrawn as (
    select symbol, session, precedence, max(load_id) as load_id
    from core.unusable_bar
    where is_refused and is_released and reason <> 'INCONSISTENT_BAR'
    group by symbol, session, precedence
),
released as (
    select distinct release.security_id, session.session_no, release.reason
    from core.quarantine_release as release
    join core.session as session on session.session = release.session
),
served as not materialized (
    select
        security.security_id, session.session_no, raw_bar.session, security.kind, raw_bar.precedence, load.load_no,
        raw_bar.open, raw_bar.high, raw_bar.low, raw_bar.close, raw_bar.adj_close, raw_bar.volume,
        raw_bar.dividend_basis, raw_bar.price_basis = 'adjusted_only' as is_adjusted_only,
        -- Two currencies of one line: nobody can tell what the number means (A.8).
        security.is_currency_mixed or coalesce(raw_bar.currency <> security.currency, false) as is_other_currency,
        case when raw_bar.price_basis = 'adjusted_only' then raw_bar.adj_close else raw_bar.close end as price,
        case when raw_bar.price_basis = 'as_traded' then raw_bar.session else raw_bar.basis_date end as basis_date,
        raw_bar.price_basis = 'as_traded' as is_as_traded,
        cast(raw_bar.fetched_at as date) <= raw_bar.session + 4 as is_live
    from raw.price_bar as raw_bar
    cross join horizon
    join load on load.load_id = raw_bar.load_id
    join core.session as session on session.session = raw_bar.session
    join core.line_symbol as line
        on line.symbol = raw_bar.symbol and line.valid_from <= raw_bar.session and raw_bar.session < line.valid_to
    join core.line as security
        on security.security_id = line.security_id and raw_bar.session < coalesce(security.valid_to, date '9999-12-31')
    anti join withdrawn
        on withdrawn.symbol = raw_bar.symbol and withdrawn.session = raw_bar.session and withdrawn.precedence = raw_bar.precedence
        and withdrawn.load_id > raw_bar.load_id
    where session.session_no >= horizon.look_back_no and session.session_no <= horizon.last_no
),
bar as not materialized (
    select
        served.security_id, served.session_no, served.session, served.precedence, served.load_no, served.volume, served.is_live,
        served.kind <> 'INDEX' and served.volume = 0 as is_quiet,
        -- Two bars of one number can be compared, dividends included. The last octal digit tells how.
        case
            when served.is_as_traded then 0
            when served.is_adjusted_only or served.dividend_basis = 'implied' then served.basis_date - date '1900-01-01'
            else 0
        end * cast(1000000 as bigint)
        + served.precedence * 8
        + case
            when served.is_adjusted_only then 4
            when served.dividend_basis = 'listed' then 0
            when served.dividend_basis = 'implied' then 1
            else 2
        end as series_no,
        case when served.is_adjusted_only then served.adj_close else served.close * basis.price_factor end as level,
        case when served.dividend_basis = 'implied' then served.adj_close / nullif(served.close * basis.price_factor, 0) end as adjustment,
        basis.price_factor,
        case when released.security_id is null then served.high end as high,
        case when released.security_id is null then served.low end as low,
        case
            when not coalesce(isfinite(served.price), false) then 'NO_PRICE'
            when served.kind = 'INDEX' then null
            when served.is_other_currency then 'MIXED_CURRENCY'
            when served.price <= 0 then 'NONPOSITIVE_PRICE'
            when served.session_no >= suspect.first_no then 'SUSPECT_SPLIT'
            when served.is_adjusted_only or released.security_id is not null then null
            when served.high < greatest(served.open, served.close) * (1 - param.bar_tolerance) then 'INCONSISTENT_BAR'
            when served.low > least(served.open, served.close) * (1 + param.bar_tolerance) then 'INCONSISTENT_BAR'
        end as reason
    from served
    cross join param
    join core.split_regime as basis
        on basis.security_id = served.security_id
        and basis.valid_from <= served.basis_date and served.basis_date < coalesce(basis.valid_to, date '9999-12-31')
    left join suspect on suspect.security_id = served.security_id
    left join released
        on released.security_id = served.security_id and released.session_no = served.session_no and released.reason = 'INCONSISTENT_BAR'
),
best as not materialized (
    select
        security_id, session_no, session, series_no, level, adjustment, price_factor, high, low, volume, is_quiet, reason
    from bar
    qualify row_number() over (partition by security_id, session_no order by reason is not null, precedence, load_no desc, level) = 1
),
-- Few bars have no volume; found among all of them, so that the choice of bars need not be made twice.
quiet_bar as (
    select security_id, session_no, level
    from bar
    where is_quiet and reason is null
    qualify row_number() over (partition by security_id, session_no order by precedence, load_no desc, level) = 1
),
stale as (
    select security_id, session_no
    from (
        select
            security_id, session_no, param.stale_min,
            min(level) over run as lowest, max(level) over run as highest, count(*) over run as n_bars
        from quiet_bar
        cross join param
        window run as (partition by security_id order by session_no range between param.stale_min - 1 preceding and current row)
    ) as quiet
    where n_bars >= stale_min and lowest = highest
),
judged as not materialized (
    select
        best.security_id, best.session_no, best.session, best.series_no, best.level, best.adjustment, best.price_factor, best.high, best.low,
        best.volume,
        coalesce(best.reason, case when stale.security_id is not null and best.is_quiet then 'STALE_PRICE' end) as reason
    from best
    left join (
        select security_id, session_no from stale
        except
        select security_id, session_no from released where reason = 'STALE_PRICE'
    ) as stale on stale.security_id = best.security_id and stale.session_no = best.session_no
),
pair as (
    select
        security_id, session_no, session, series_no, level, adjustment, price_factor, high, low, volume, reason,
        -- Bars that are not used are kept apart, so that no return begins or ends there.
        lag(session_no) over spell as session_no_before,
        lag(series_no) over spell as series_no_before,
        lag(level) over spell as level_before,
        lag(adjustment) over spell as adjustment_before,
        lag(price_factor) over spell as price_factor_before
    from judged
    window spell as (partition by security_id, reason is null order by session_no)
),
seam_key as materialized (
    select pair.security_id, pair.session_no, pair.session_no_before
    from pair
    cross join param
    where pair.reason is null and pair.series_no <> pair.series_no_before and pair.session_no - pair.session_no_before <= param.gap_max
),
-- All bars of both ends, each found on its own: the few keys keep the bars from being joined to one another.
end_bar as materialized (
    select
        bar.security_id, bar.session_no, bar.precedence, bar.load_no, bar.series_no, bar.level, bar.adjustment, bar.price_factor
    from bar
    join (
        select security_id, session_no from seam_key
        union
        select security_id, session_no_before from seam_key
    ) as wanted on wanted.security_id = bar.security_id and wanted.session_no = bar.session_no
    where bar.reason is null
),
-- Where the best bars of both ends are of two series, the best series that has both ends; failing that, prices alone.
seam as (
    select
        seam_key.security_id, seam_key.session_no, now.level, before.level as level_before,
        -- 2: prices alone. A list tells the dividends of the later end, whatever told those of the earlier one.
        case
            when one.is_series then now.series_no
            when now.series_no % 8 = 0 and before.series_no % 8 <> 2 then 0
            else 2
        end as series_no,
        case
            when one.is_series then null
            -- What the split list does not explain may be a split that it lacks.
            when now.series_no - now.series_no % 8 <> before.series_no - before.series_no % 8
                and (now.level > before.level * param.large_move or now.level * param.large_move < before.level)
                then 'FACTOR'
            when now.series_no % 8 = 1 and before.series_no % 8 <> 2 then 'PRICE_ONLY'
        end as seam,
        now.adjustment, before.adjustment as adjustment_before,
        now.price_factor, before.price_factor as price_factor_before
    from seam_key
    cross join param
    join end_bar as now on now.security_id = seam_key.security_id and now.session_no = seam_key.session_no
    join end_bar as before
        on before.security_id = seam_key.security_id and before.session_no = seam_key.session_no_before
    cross join lateral (
        select
            before.series_no = now.series_no
            or before.load_no = now.load_no and before.series_no % 1000000 = now.series_no % 1000000 as is_series
    ) as one
    where one.is_series or before.series_no % 8 < 4 and now.series_no % 8 < 4
    qualify row_number() over (
        partition by seam_key.security_id, seam_key.session_no
        order by
            not one.is_series, now.precedence, before.precedence, now.load_no desc, before.load_no desc,
            now.level, before.level
    ) = 1
),
live as (
    select distinct security_id, session_no from bar where is_live and reason is null
),
span as (
    select
        pair.security_id, pair.session_no, pair.session, pair.level, pair.price_factor, pair.high, pair.low, pair.volume, pair.reason,
        pair.series_no % 8 >= 4 as is_adjusted_only,
        pair.series_no % 8 <> 2 as is_dividend_known,
        case
            when pair.reason is null and pair.session_no - pair.session_no_before <= param.gap_max then pair.session_no_before
        end as session_no_before,
        case coalesce(seam.series_no, pair.series_no) % 8
            when 0 then 'listed' when 1 then 'implied' when 2 then 'none' else 'adjusted'
        end as dividend_basis,
        case when seam.security_id is null then pair.level else seam.level end as level_after,
        case
            when pair.reason is not null or pair.session_no - pair.session_no_before > param.gap_max then null
            when pair.series_no = pair.series_no_before then pair.level_before
            when seam.seam is distinct from 'FACTOR' then seam.level_before
        end as level_before,
        case
            when pair.reason is not null or not coalesce(pair.session_no - pair.session_no_before <= param.gap_max, false) then null
            when pair.series_no = pair.series_no_before then null
            when seam.security_id is not null then seam.seam
            when (pair.series_no - pair.series_no % 8) % 1000000 = (pair.series_no_before - pair.series_no_before % 8) % 1000000
                then 'BASIS'
            else 'SECTION'
        end as seam,
        case
            when seam.security_id is null then pair.adjustment_before / nullif(pair.adjustment, 0)
            else seam.adjustment_before / nullif(seam.adjustment, 0)
        end as factor_step,
        -- Where the vendor has adjusted for a split its closes cannot show it, nor contradict it.
        case
            when coalesce(seam.series_no, pair.series_no) % 8 >= 4 then null
            when seam.security_id is null then pair.price_factor / pair.price_factor_before
            else seam.price_factor / seam.price_factor_before
        end as basis_ratio
    from pair
    cross join param
    left join seam on seam.security_id = pair.security_id and seam.session_no = pair.session_no
)
select
    span.security_id,
    span.session,
    span.session_no,
    case when span.reason is null then span.level end as level,
    case when span.reason is null and not span.is_adjusted_only and (line.currency = 'USD' or line.kind = 'INDEX') then span.level / present.price_factor end as close_usd,
    case when span.reason is null and not span.is_adjusted_only and isfinite(span.high) then span.high * span.price_factor end as high,
    case when span.reason is null and not span.is_adjusted_only and isfinite(span.low) then span.low * span.price_factor end as low,
    case when span.reason is null and isfinite(span.volume) then span.volume * (present.price_factor / span.price_factor) end as volume,
    span.is_adjusted_only,
    span.is_dividend_known,
    span.session_no_before,
    span.level_before,
    case when span.level_before > 0 and span.level_after > 0 then span.level_after / span.level_before end as growth,
    case when span.level_before is not null then span.dividend_basis end as dividend_basis,
    case
        when span.level_before is not null and span.dividend_basis = 'implied'
            -- Below: rounding of the vendor's closes (measured: 2 false dividends in half a million bars).
            then case when 1 - span.factor_step < 2e-6 then 0 else 1 - span.factor_step end
    end as implied_yield,
    case
        when span.level_before > 0 and span.level_after > 0 and span.basis_ratio <> 1 then
            abs(ln(span.basis_ratio)) > ln(param.large_move)
            and abs(ln(span.level_after / span.level_before)) > abs(ln(span.level_after / span.level_before / span.basis_ratio))
        else false
    end as is_split_unshown,
    span.seam,
    span.reason,
    live.security_id is not null as is_live
from span
cross join param
cross join horizon
join core.line as line on line.security_id = span.security_id
join core.split_regime as present
    on present.security_id = span.security_id
    and present.valid_from <= span.session and span.session < coalesce(present.valid_to, date '9999-12-31')
left join live on live.security_id = span.security_id and live.session_no = span.session_no
where span.session_no >= horizon.first_no
order by span.session_no, span.security_id;
