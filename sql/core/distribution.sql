-- One row is one distribution of a security, brought to the share basis of its ex-date, and why it is not believed (A.4).
--
-- The price that it is measured by is the last close of the ten sessions before, or their median where the last one leapt away from
-- it: a bad print on the eve would make a usual dividend look like half the price. A bar that cannot be used is none, as in core.price_bar.
-- may be empty: all actions may be splits
-- key: security_id, ex_date, kind
create table core.distribution (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session without the entitlement
    ex_date date not null,              -- ex-date as listed
    kind varchar not null,              -- dividend, capital_gain, spin_off
    cash_usd double,                    -- USD per share on the basis of ex_session, right or not; NULL when it is no positive number
    close_before double,                -- close before ex_session on its basis, USD, as measured by; NULL without one in ten sessions
    quarantine_reason varchar           -- BAD_AMOUNT, OTHER_CURRENCY, CONTRADICTED_DIVIDEND, LARGE_DIVIDEND; NULL when it is paid
);

insert into core.distribution by name
with param as (
    select
        max(value) filter (where name = 'dividend.quarantine_share') as quarantine_share,
        max(value) filter (where name = 'price.large_move') as large_move
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
listed as (
    select
        listed.security_id, listed.ex_session, listed.ex_date, listed.kind, listed.is_sound, listed.is_contradicted,
        coalesce(listed.currency <> line.currency, false) as is_foreign,
        on_ex.price_factor,
        case when listed.is_sound then listed.amount * on_basis.price_factor / on_ex.price_factor end as cash_usd
    from core.listed_action as listed
    left join core.line as line on line.security_id = listed.security_id
    join core.split_regime as on_ex
        on on_ex.security_id = listed.security_id
        and on_ex.valid_from <= listed.ex_session and listed.ex_session < coalesce(on_ex.valid_to, date '9999-12-31')
    join core.split_regime as on_basis
        on on_basis.security_id = listed.security_id
        and on_basis.valid_from <= listed.basis_date and listed.basis_date < coalesce(on_basis.valid_to, date '9999-12-31')
    where listed.kind <> 'split' and listed.ex_session >= $first
),
released as (
    select distinct security_id, session as ex_date, reason from core.quarantine_release
),
-- The ten sessions before. Found first, as are their symbols: neither the bars of the market nor the symbols of all lines must be
-- joined to them by the date alone.
session_before as materialized (
    select day.security_id, day.ex_session, day.price_factor, session.session_no, session.session
    from (
        select distinct
            listed.security_id, listed.ex_session, listed.price_factor, ex.session_no - unnest(generate_series(1, 10)) as session_no
        from listed
        join core.session as ex on ex.session = listed.ex_session
    ) as day
    join core.session as session on session.session_no = day.session_no
),
day_before as materialized (
    select day.security_id, day.ex_session, day.price_factor, day.session_no, day.session, line.symbol
    from session_before as day
    join core.line_symbol as line
        on line.security_id = day.security_id and line.valid_from <= day.session and day.session < line.valid_to
),
-- Found apart too: the bars of the market must not meet the spells of share bases by date before they meet their security.
bar_before as materialized (
    select
        day.security_id, day.ex_session, day.price_factor, day.session_no, bar.precedence, bar.load_id, bar.close,
        case when bar.price_basis = 'as_traded' then bar.session else bar.basis_date end as basis_date
    from day_before as day
    join raw.price_bar as bar on bar.symbol = day.symbol and bar.session = day.session
    anti join core.unusable_bar as unusable
        on unusable.symbol = bar.symbol and unusable.session = bar.session and unusable.precedence = bar.precedence
        and (
            unusable.load_id = bar.load_id and (unusable.reason <> 'INCONSISTENT_BAR' or not unusable.is_released)
            or unusable.load_id > bar.load_id and unusable.reason <> 'INCONSISTENT_BAR' and unusable.is_refused and unusable.is_released
        )
    where bar.price_basis <> 'adjusted_only' and bar.close > 0 and isfinite(bar.close)
),
-- Their closes, on the share basis of the ex-date.
close_of as (
    select
        bar.security_id, bar.ex_session, (bar.session_no, -bar.precedence, bar.load_id) as rank,
        bar.close * on_basis.price_factor / bar.price_factor as close
    from bar_before as bar
    join core.split_regime as on_basis
        on on_basis.security_id = bar.security_id
        and on_basis.valid_from <= bar.basis_date and bar.basis_date < coalesce(on_basis.valid_to, date '9999-12-31')
),
before as (
    select
        last.security_id, last.ex_session,
        case when abs(ln(last.close / last.usual)) > ln(param.large_move) then last.usual else last.close end as close_before
    from (
        select security_id, ex_session, arg_max(close, rank) as close, median(close) as usual from close_of group by security_id, ex_session
    ) as last
    cross join param
)
select
    listed.security_id,
    listed.ex_session,
    listed.ex_date,
    listed.kind,
    listed.cash_usd,
    before.close_before,
    case
        when not listed.is_sound then 'BAD_AMOUNT'
        when listed.is_foreign then 'OTHER_CURRENCY'
        when listed.is_contradicted and believed.security_id is null then 'CONTRADICTED_DIVIDEND'
        when listed.cash_usd > param.quarantine_share * before.close_before and paid.security_id is null then 'LARGE_DIVIDEND'
    end as quarantine_reason
from listed
cross join param
left join before on before.security_id = listed.security_id and before.ex_session = listed.ex_session
left join released as believed
    on believed.security_id = listed.security_id and believed.ex_date = listed.ex_date and believed.reason = 'CONTRADICTED_DIVIDEND'
left join released as paid
    on paid.security_id = listed.security_id and paid.ex_date = listed.ex_date and paid.reason = 'LARGE_DIVIDEND'
order by listed.ex_session, listed.security_id, listed.kind, listed.ex_date;
