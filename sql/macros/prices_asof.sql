-- One row is the close of one security on one session, as it was known at an instant.
--
-- Of what had been fetched by then, the row that a build would use: the most trusted source, then the latest load. Closes on a later
-- share basis are brought to that of their session with the splits that had been told by then. Adjusted closes are left out: nobody
-- traded at them. Which symbol is which security, and which row is quarantined, is what this release holds to be true; only a STRICT
-- rebuild forgets that too. A where clause on session or security_id makes it fast; one on symbol comes too late.
create or replace macro prices_asof(
    ts -- UTC instant, a timestamp (or a timestamptz): nothing fetched later is used
) as table
with asked as (
    select make_timestamp(epoch_us(ts)) as known_at
),
calendar as (
    select session, coalesce(lag(session) over (order by session), session - 1) as previous_session
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
-- What the source took back by then, unless it listed it again later.
removed as (
    select line.security_id, said.first_session as ex_date, max(said.load_id) as load_id
    from raw.restatement as said
    join asked on said.fetched_at <= asked.known_at
    join core.line_symbol as line
        on line.symbol = said.symbol and line.valid_from <= said.first_session and said.first_session < line.valid_to
    where said.kind = 'ACTION_REMOVED' and said.item = 'split'
    group by line.security_id, said.first_session
),
listed as (
    select line.security_id, action.ex_date, action.amount as ratio
    from raw.corporate_action as action
    join asked on action.fetched_at <= asked.known_at
    join core.line_symbol as line
        on line.symbol = action.symbol and line.valid_from <= action.ex_date and action.ex_date < line.valid_to
    left join removed
        on removed.security_id = line.security_id and removed.ex_date = action.ex_date and removed.load_id > action.load_id
    where action.kind = 'split' and removed.security_id is null
    qualify row_number() over (partition by line.security_id, action.ex_date order by action.load_id desc, action.amount) = 1
),
-- Vendors round ratios; which fraction a number stands for does not change with the day.
fraction as (
    select listed_ratio as ratio, any_value(ratio) as exact from core.listed_split group by listed_ratio
),
-- One ratio listed for two days that fall on one session is one split.
split as (
    select distinct listed.security_id, calendar.session as ex_session, coalesce(fraction.exact, listed.ratio) as ratio
    from listed
    join calendar on calendar.previous_session < listed.ex_date and listed.ex_date <= calendar.session
    left join fraction on fraction.ratio = listed.ratio
    where isfinite(listed.ratio) and listed.ratio > 0 and listed.ratio <> 1
),
split_day as (
    select security_id, ex_session, list_reduce(list(ratio order by ratio), lambda x, y: x * y) as ratio
    from split
    group by security_id, ex_session
),
regime as (
    select
        security_id, ex_session as valid_from,
        coalesce(lead(ex_session) over (partition by security_id order by ex_session), date '9999-12-31') as valid_to,
        list_reduce(
            list(ratio) over (partition by security_id order by ex_session rows between unbounded preceding and current row),
            lambda x, y: x * y
        ) as factor
    from split_day
),
unused as (
    select symbol, session, item, load_id, min(reason) as reason
    from ops.quarantine
    where table_name = 'raw.price_bar' and reason <> 'DUPLICATE_ROW' and decision is distinct from 'release'
    group by symbol, session, item, load_id
),
version as (
    select
        line.security_id, bar.symbol, bar.session, bar.close, bar.fetched_at, unused.reason as quarantine_reason,
        case when bar.price_basis = 'as_traded' then bar.session else bar.basis_date end as basis_date,
        row_number() over (
            partition by line.security_id, bar.session
            order by unused.reason is not null, bar.precedence, bar.load_id desc, bar.close, bar.symbol
        ) as version_no
    from raw.price_bar as bar
    join core.session as calendar_day on calendar_day.session = bar.session
    join core.line_symbol as line on line.symbol = bar.symbol and line.valid_from <= bar.session and bar.session < line.valid_to
    join core.security as security on security.security_id = line.security_id
    left join unused
        on unused.symbol = bar.symbol and unused.session = bar.session
        and unused.item = cast(bar.precedence as varchar) and unused.load_id = bar.load_id
    where bar.price_basis <> 'adjusted_only' and isfinite(bar.close) and (bar.close > 0 or security.kind = 'INDEX')
),
known as (
    select
        version.security_id, version.symbol, version.session, version.close, version.basis_date, version.fetched_at,
        version.quarantine_reason, version.version_no = 1 as is_latest_version,
        bool_or(cast(version.fetched_at as date) <= version.session + 4) over (
            partition by version.security_id, version.session
        ) as is_live
    from version
    join asked on version.fetched_at <= asked.known_at
    qualify row_number() over (partition by version.security_id, version.session order by version.version_no) = 1
)
select
    known.security_id, -- the security
    known.symbol, -- symbol that the source gave with it
    known.session, -- trading date
    known.close * coalesce(on_basis.factor, 1) / coalesce(on_day.factor, 1) as close_usd, -- as-traded close, USD per share
    known.is_latest_version, -- no bar that was fetched later has replaced it
    known.fetched_at, -- UTC instant at which it was fetched
    known.quarantine_reason, -- why no build of this release uses it; NULL when one may
    case when known.is_live then 'A' else 'B' end as pit_grade -- A fetched within four days of the session, B back-filled (0.3)
from known
left join regime as on_basis
    on on_basis.security_id = known.security_id and on_basis.valid_from <= known.basis_date and known.basis_date < on_basis.valid_to
left join regime as on_day
    on on_day.security_id = known.security_id and on_day.valid_from <= known.session and known.session < on_day.valid_to;
