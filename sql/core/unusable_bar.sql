-- One row is one bar as one load brought it that cannot be used for what it says of itself, whatever else was told of its session (A.8).
--
-- It has no price, one that is not positive, or a high or low that its own open and close contradict. Where an earlier load gave a usable
-- bar of the same session in the same series, that one stays in use: the later telling is refused, which is a row of ops.restatement and
-- of ops.quarantine, and somebody can release it. A released one without a usable price says that the session has none.
-- may be empty: every bar may be good
-- key: security_id, symbol, session, precedence, load_id
create table core.unusable_bar (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- vendor symbol of the bar
    session date not null,              -- trading date
    precedence smallint not null,       -- as in raw.price_bar
    load_id varchar not null,           -- the landing load that brought it
    reason varchar not null check (reason in ('NO_PRICE', 'NONPOSITIVE_PRICE', 'INCONSISTENT_BAR')), -- why it cannot be used
    price double,                       -- its close, or adjusted close where it has no other, on its own share basis
    is_refused boolean not null,        -- an earlier load gave a usable bar, and no later one did: that earlier one stays in use
    held_price double,                  -- price of that earlier bar, on its own share basis; NULL where there is none
    is_released boolean not null        -- a person released it
);

insert into core.unusable_bar by name
with param as (
    select max(value) filter (where name = 'price.bar_tolerance') as bar_tolerance
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
bad as (
    select
        line.security_id, line.kind, bar.symbol, bar.session, bar.precedence, bar.load_id, bar.price,
        case
            when not coalesce(isfinite(bar.price), false) then 'NO_PRICE'
            when bar.price <= 0 then 'NONPOSITIVE_PRICE'
            else 'INCONSISTENT_BAR'
        end as reason
    from (
        select
            symbol, session, precedence, load_id, open, high, low, close, price_basis,
            case when price_basis = 'adjusted_only' then adj_close else close end as price
        from raw.price_bar
        where session >= $first
    ) as bar
    cross join param
    join core.line_symbol as spell on spell.symbol = bar.symbol and spell.valid_from <= bar.session and bar.session < spell.valid_to
    join core.line as line on line.security_id = spell.security_id
    where not coalesce(isfinite(bar.price), false)
        or line.kind <> 'INDEX'
        and (
            bar.price <= 0
            or bar.price_basis <> 'adjusted_only'
            and (
                bar.high < greatest(bar.open, bar.close) * (1 - param.bar_tolerance)
                or bar.low > least(bar.open, bar.close) * (1 + param.bar_tolerance)
            )
        )
),
-- Other tellings of the same session in the same series; the bad ones are known by their load.
telling as (
    select
        bad.security_id, bad.symbol, bad.session, bad.precedence, bad.load_id,
        other.load_id as other_load_id,
        case when other.price_basis = 'adjusted_only' then other.adj_close else other.close end as price
    from (select distinct security_id, symbol, session, precedence, load_id from bad) as bad
    join raw.price_bar as other
        on other.symbol = bad.symbol and other.session = bad.session and other.precedence = bad.precedence and other.load_id <> bad.load_id
    anti join bad as worse
        on worse.symbol = other.symbol and worse.session = other.session and worse.precedence = other.precedence
        and worse.load_id = other.load_id
),
held as (
    select
        security_id, symbol, session, precedence, load_id,
        count(*) filter (where other_load_id < load_id) > 0 and count(*) filter (where other_load_id > load_id) = 0 as is_refused,
        arg_max(price, other_load_id) filter (where other_load_id < load_id) as held_price
    from telling
    group by security_id, symbol, session, precedence, load_id
)
select
    bad.security_id, bad.symbol, bad.session, bad.precedence, bad.load_id,
    min(bad.reason) as reason,
    min(bad.price) as price,
    coalesce(max(held.is_refused), false) as is_refused,
    max(held.held_price) as held_price,
    count(released.reason) > 0 as is_released
from bad
left join held
    on held.security_id = bad.security_id and held.symbol = bad.symbol and held.session = bad.session
    and held.precedence = bad.precedence and held.load_id = bad.load_id
left join core.quarantine_release as released
    on released.symbol = bad.symbol and released.session = bad.session and released.reason = bad.reason
group by bad.security_id, bad.symbol, bad.session, bad.precedence, bad.load_id
order by bad.session, bad.security_id, bad.symbol, bad.precedence, bad.load_id;
