-- One row is one session and kind of security: how many prices were expected and what became of them.
-- key: session, kind
create table ops.coverage (
    session date not null,              -- trading date
    kind varchar not null,              -- EQUITY, ETF or INDEX
    n_expected bigint not null,         -- securities between their first bar and their end, or ten sessions after the last bar
    n_valid bigint not null,            -- of these with a usable price
    n_missing bigint not null,          -- of these without a bar
    n_quarantined bigint not null,      -- of these with a bar that is not used, other than stale
    n_stale bigint not null,            -- of these with a stale price
    n_traded bigint not null,           -- with a usable price and volume
    n_live bigint not null,             -- with a usable price fetched within four days
    n_silent bigint not null,           -- not expected: without a bar for longer than price.gap_max_sessions
    n_delisted bigint not null          -- not expected: ended on the session before
);

insert into ops.coverage by name
with param as (
    select max(value) filter (where name = 'price.gap_max_sessions') as gap_max
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
row_kind as (
    select
        price.session, security.kind, price.is_valid, price.is_stale, price.is_traded, price.pit_grade, price.quarantine_reason,
        price.session >= coalesce(security.valid_to, date '9999-12-31') as is_delisted,
        price.n_missing > param.gap_max and price.quarantine_reason is null as is_silent
    from core.daily_price as price
    cross join param
    join core.line as security on security.security_id = price.security_id
    where price.session >= $first and price.session <= $last
)
select
    session,
    kind,
    count(*) filter (where not is_delisted and not is_silent) as n_expected,
    count(*) filter (where is_valid) as n_valid,
    count(*) filter (where not is_valid and not is_delisted and not is_silent and quarantine_reason is null) as n_missing,
    count(*) filter (where not is_stale and quarantine_reason is not null) as n_quarantined,
    count(*) filter (where is_stale) as n_stale,
    count(*) filter (where is_traded) as n_traded,
    count(*) filter (where is_valid and pit_grade = 'A') as n_live,
    count(*) filter (where is_silent and not is_delisted) as n_silent,
    count(*) filter (where is_delisted) as n_delisted
from row_kind
group by session, kind
order by session, kind;
