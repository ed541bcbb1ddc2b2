-- One row is one security's actions of one ex-date, classified and brought to the share basis of that date (A.4, A.6).
--
-- The latest version of an action wins, unless its source took it back. An ex-date that is no session counts from the next one.
-- A split is true when its ratio or the inverse is a fraction of small integers, unless company filings around it show an
-- unchanged share count (other count moves say nothing: filed counts are often wrong by whole factors). Anything else is
-- price-only: a distribution in kind when the ratio is above 1; below 1 it cannot be one, and the session's return is not used.
-- Splits after the last session held are here too, as far as the calendar goes: prices fetched later are on their basis.
-- key: security_id, ex_session
create table core.corporate_action (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session without the entitlement
    split_ratio double not null,        -- new shares per old share of true splits; 1 when none
    price_only_ratio double not null,   -- ratio of odd "splits" that moved the price but not the share count; 1 when none
    cash_usd double not null,           -- distributions in USD per share, on the basis of ex_session; 0 when none
    is_special boolean not null,        -- a distribution of 10 % of the price or more
    quarantine_reason varchar           -- OTHER_CURRENCY, LARGE_DIVIDEND, CONTRADICTED_DIVIDEND, BAD_AMOUNT: left out of the amounts; ODD_REVERSE_SPLIT: no return
);

insert into core.corporate_action by name
with param as (
    select
        max(value) filter (where name = 'split.max_term') as max_term,
        max(value) filter (where name = 'split.share_tolerance') as share_tolerance,
        max(value) filter (where name = 'split.share_window_sessions') as share_window,
        max(value) filter (where name = 'dividend.special_share') as special_share,
        max(value) filter (where name = 'dividend.quarantine_share') as quarantine_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Numbered as in core.session, but not cut off where the prices end.
calendar as (
    select
        session, row_number() over (order by session) as session_no,
        coalesce(lag(session) over (order by session), session - 1) as previous_session
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
-- What the source took back, unless it lists it again later.
removed as (
    select line.security_id, said.first_session as ex_date, said.item as kind, max(said.load_id) as load_id
    from raw.restatement as said
    join core.line_symbol as line
        on line.symbol = said.symbol and line.valid_from <= said.first_session and said.first_session < line.valid_to
    where said.kind = 'ACTION_REMOVED'
    group by line.security_id, said.first_session, said.item
),
contradicted as (
    select distinct symbol, first_session as ex_date, item as kind, load_id from raw.restatement where kind = 'CONTRADICTED_DIVIDEND'
),
latest as (
    select
        line.security_id, action.ex_date, action.kind, action.amount, action.currency, action.basis_date,
        contradicted.symbol is not null as is_contradicted
    from raw.corporate_action as action
    join core.line_symbol as line
        on line.symbol = action.symbol and line.valid_from <= action.ex_date and action.ex_date < line.valid_to
    left join removed
        on removed.security_id = line.security_id and removed.ex_date = action.ex_date and removed.kind = action.kind
        and removed.load_id > action.load_id
    left join contradicted
        on contradicted.symbol = action.symbol and contradicted.ex_date = action.ex_date and contradicted.kind = action.kind
        and contradicted.load_id = action.load_id
    where removed.security_id is null
    qualify row_number() over (partition by line.security_id, action.ex_date, action.kind order by action.load_id desc, action.amount) = 1
),
listed as (
    select
        latest.security_id, security.currency as trading_currency,
        calendar.session as ex_session, calendar.session_no as ex_no,
        latest.ex_date, latest.kind, latest.amount, latest.currency, latest.is_contradicted,
        -- A basis on or after an ex-date that is no session is one on or after the session that stands for it.
        case
            when latest.basis_date >= latest.ex_date then greatest(latest.basis_date, calendar.session) else latest.basis_date
        end as basis_date,
        isfinite(latest.amount) and latest.amount > 0 as is_sound
    from latest
    join core.security as security on security.security_id = latest.security_id
    join calendar on latest.ex_date > calendar.previous_session and latest.ex_date <= calendar.session
    where latest.kind = 'split' or calendar.session <= (select max(session) from core.session)
),
released as (
    select distinct security_id, session as ex_date, reason from core.quarantine_release
),
-- One ratio listed for two days that fall on one session is one split.
split as (
    select
        listed.security_id, listed.ex_session, listed.amount as ratio, bool_or(released.security_id is not null) as is_released
    from listed
    left join released
        on released.security_id = listed.security_id and released.ex_date = listed.ex_date and released.reason = 'ODD_REVERSE_SPLIT'
    where listed.kind = 'split' and listed.is_sound and listed.amount <> 1
    group by listed.security_id, listed.ex_session, listed.amount
),
numerator_of as (
    select split.ratio, term.n as old_shares, round(split.ratio * term.n) as new_shares
    from (select distinct ratio from split) as split
    cross join (select unnest(generate_series(1, cast(max_term as bigint))) as n, max_term from param) as term
    -- Vendors round ratios; fractions of integers up to 110 lie further apart than this.
    where round(split.ratio * term.n) between 1 and term.max_term
        and abs(split.ratio * term.n - round(split.ratio * term.n)) <= 1e-6 * split.ratio * term.n
    qualify row_number() over (partition by split.ratio order by term.n) = 1
),
filed as (
    select line.security_id, report.as_of, report.basis_date, report.shares
    from raw.share_count as report
    join core.line_symbol as line on line.symbol = report.symbol and line.valid_from <= report.as_of and report.as_of < line.valid_to
    where report.kind = 'reported' and report.shares > 0
),
counted as (
    select
        split.security_id, split.ex_session, split.ratio,
        median(report.shares) filter (where report.as_of >= split.ex_session and report.basis_date >= split.ex_session)
        / nullif(
            median(report.shares) filter (where report.as_of < split.ex_session and report.basis_date < split.ex_session), 0
        ) as moved
    from split
    cross join param
    join filed as report
        on report.security_id = split.security_id
        -- The window in calendar days: 252 sessions a year.
        and report.as_of >= split.ex_session - cast(param.share_window * 365 / 252 as integer)
        and report.as_of <= split.ex_session + cast(param.share_window * 365 / 252 as integer)
    group by split.security_id, split.ex_session, split.ratio
),
classified as (
    select
        split.security_id, split.ex_session,
        coalesce(numerator_of.new_shares / numerator_of.old_shares, split.ratio) as ratio,
        -- A person who releases an odd ratio says that it is a true split.
        split.is_released or numerator_of.ratio is not null and not coalesce(
            abs(counted.moved - 1) <= param.share_tolerance and abs(counted.moved / split.ratio - 1) > param.share_tolerance, false
        ) as is_true_split
    from split
    cross join param
    left join numerator_of on numerator_of.ratio = split.ratio
    left join counted
        on counted.security_id = split.security_id and counted.ex_session = split.ex_session and counted.ratio = split.ratio
),
split_day as (
    select
        security_id, ex_session,
        list_reduce(list(ratio order by ratio), lambda x, y: x * y) as price_ratio,
        coalesce(list_reduce(list(ratio order by ratio) filter (where is_true_split), lambda x, y: x * y), 1) as split_ratio,
        coalesce(list_reduce(list(ratio order by ratio) filter (where not is_true_split), lambda x, y: x * y), 1) as price_only_ratio,
        max(case when ratio < 1 and not is_true_split then 'ODD_REVERSE_SPLIT' end) as reason
    from classified
    group by security_id, ex_session
),
regime as (
    select
        security_id, ex_session as valid_from,
        coalesce(lead(ex_session) over (partition by security_id order by ex_session), date '9999-12-31') as valid_to,
        list_reduce(
            list(price_ratio) over (partition by security_id order by ex_session rows between unbounded preceding and current row),
            lambda x, y: x * y
        ) as factor
    from split_day
),
distribution as (
    select
        listed.security_id, listed.ex_session, listed.ex_no, listed.ex_date, listed.kind,
        coalesce(on_ex.factor, 1) as factor,
        listed.amount * coalesce(on_basis.factor, 1) / coalesce(on_ex.factor, 1) as cash,
        case
            when not listed.is_sound then 'BAD_AMOUNT'
            when listed.currency <> listed.trading_currency then 'OTHER_CURRENCY'
            when listed.is_contradicted and released.security_id is null then 'CONTRADICTED_DIVIDEND'
        end as reason
    from listed
    left join released
        on released.security_id = listed.security_id and released.ex_date = listed.ex_date and released.reason = 'CONTRADICTED_DIVIDEND'
    left join regime as on_ex
        on on_ex.security_id = listed.security_id and on_ex.valid_from <= listed.ex_session and listed.ex_session < on_ex.valid_to
    left join regime as on_basis
        on on_basis.security_id = listed.security_id and on_basis.valid_from <= listed.basis_date and listed.basis_date < on_basis.valid_to
    where listed.kind <> 'split'
),
-- The ten sessions before. Found first: a market of bars must not be joined to them by the session alone.
day_before as materialized (
    select day.security_id, day.ex_session, day.factor, session.session_no, session.session, line.symbol
    from (
        select distinct security_id, ex_session, factor, ex_no - unnest(generate_series(1, 10)) as session_no
        from distribution
    ) as day
    join core.session as session on session.session_no = day.session_no
    join core.line_symbol as line
        on line.security_id = day.security_id and line.valid_from <= session.session and session.session < line.valid_to
),
-- The last close of them, on the share basis of the ex-date.
before as (
    select
        day.security_id, day.ex_session,
        arg_max(bar.close * coalesce(on_basis.factor, 1) / day.factor, (day.session_no, -bar.precedence, bar.load_id)) as close_before
    from day_before as day
    join (
        select
            symbol, session, precedence, load_id, close,
            case when price_basis = 'as_traded' then session else basis_date end as basis_date
        from raw.price_bar
        where price_basis <> 'adjusted_only' and close > 0 and isfinite(close)
    ) as bar on bar.symbol = day.symbol and bar.session = day.session
    left join regime as on_basis
        on on_basis.security_id = day.security_id and on_basis.valid_from <= bar.basis_date and bar.basis_date < on_basis.valid_to
    group by day.security_id, day.ex_session
),
judged as (
    select
        distribution.security_id, distribution.ex_session, distribution.cash, distribution.kind,
        before.close_before, param.special_share,
        coalesce(
            distribution.reason,
            case
                when released.security_id is null and distribution.cash > param.quarantine_share * before.close_before then 'LARGE_DIVIDEND'
            end
        ) as reason
    from distribution
    cross join param
    left join before on before.security_id = distribution.security_id and before.ex_session = distribution.ex_session
    left join released
        on released.security_id = distribution.security_id and released.ex_date = distribution.ex_date and released.reason = 'LARGE_DIVIDEND'
),
cash_day as (
    select
        security_id, ex_session,
        coalesce(list_sum(list(cash order by kind, cash) filter (where reason is null)), 0) as cash,
        any_value(close_before) as close_before,
        max(special_share) as special_share,
        max(reason) as reason
    from judged
    group by security_id, ex_session
),
bad_split as (
    select distinct security_id, ex_session, 'BAD_AMOUNT' as reason from listed where kind = 'split' and not is_sound
),
day as (
    select security_id, ex_session from split_day
    union
    select security_id, ex_session from cash_day
    union
    select security_id, ex_session from bad_split
)
select
    day.security_id,
    day.ex_session,
    coalesce(split_day.split_ratio, 1) as split_ratio,
    coalesce(split_day.price_only_ratio, 1) as price_only_ratio,
    coalesce(cash_day.cash, 0) as cash_usd,
    coalesce(cash_day.cash >= cash_day.special_share * cash_day.close_before, false) as is_special,
    coalesce(split_day.reason, cash_day.reason, bad_split.reason) as quarantine_reason
from day
left join split_day on split_day.security_id = day.security_id and split_day.ex_session = day.ex_session
left join cash_day on cash_day.security_id = day.security_id and cash_day.ex_session = day.ex_session
left join bad_split on bad_split.security_id = day.security_id and bad_split.ex_session = day.ex_session
order by day.ex_session, day.security_id;
