-- One row is one line whose share basis something contradicts: mostly its list of splits lacks a ratio that the vendor applied.
--
-- A share basis contains every ratio of its vendor, spin-offs too (A.6). Where the list lacks one, the closes before it are too low or too
-- high by that ratio, and so are market caps; returns are right. Two things show it. OFF_GRID: United States shares trade in cents (since
-- April 2001, from a dollar up), and the closes times the listed ratios are none. AS_TRADED: another series of the line says what it
-- traded at. Either has to hold on ten of twenty sessions. A third is VENDOR_CAP: the vendor's latest quote that tells a market cap is further
-- from ours, of the company and of the line, than anything but a wrong count or ratio explains. What is missing has the session after the last one as its ex-date, or one shortly after.
-- may be empty: the lists may be complete
-- key: security_id, evidence
create table ops.doubtful_basis (
    security_id integer not null,       -- the security
    symbol varchar not null,            -- its latest symbol
    evidence varchar not null check (evidence in ('OFF_GRID', 'AS_TRADED', 'VENDOR_CAP')), -- what shows it
    first_session date not null,        -- first session concerned, as far as closes are held
    last_session date not null,         -- last one
    missing_from date,                  -- the session after it: the missing ratio has this ex-date or one shortly after; NULL where the closes held end
    n_sessions bigint not null,         -- sessions that show it
    ratio double,                       -- of AS_TRADED: median of the close of the other series over ours; of VENDOR_CAP: its market cap over ours; NULL else
    way_out varchar not null            -- what can be done
);

insert into ops.doubtful_basis by name
with param as (
    select max(value) filter (where name = 'cap.vendor_tolerance') as cap_tolerance
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
off_cent as (
    select price.security_id, price.session, price.session_no, price.close_usd
    from core.daily_price as price
    join core.line as line on line.security_id = price.security_id and line.kind <> 'INDEX'
    where price.close_usd >= 1 and price.session >= date '2001-04-09'
        -- A tenth of a cent, and what single-precision numbers lose.
        and abs(price.close_usd * 100 - round(price.close_usd * 100)) > 0.1 + 1e-6 * price.close_usd * 100
),
-- Closes that were served in cents tell nothing, nor do those of four decimals times a large ratio.
off_grid as (
    select distinct off_cent.security_id, off_cent.session, off_cent.session_no
    from off_cent
    join core.line_symbol as line
        on line.security_id = off_cent.security_id and line.valid_from <= off_cent.session and off_cent.session < line.valid_to
    join raw.price_bar as bar on bar.symbol = line.symbol and bar.session = off_cent.session
    where bar.price_basis <> 'adjusted_only' and bar.close > 0
        and abs(bar.close * 100 - round(bar.close * 100)) > 1e-4 * bar.close
        and (off_cent.close_usd < 20 * bar.close or abs(bar.close * 10000 - round(bar.close * 10000)) > 1e-4 * bar.close)
),
told_twice as (
    select symbol
    from raw.price_bar
    group by symbol
    having max(case when price_basis = 'as_traded' then 1 else 0 end) + max(case when price_basis = 'split_adjusted' then 1 else 0 end) = 2
),
pair as (
    select
        line.security_id, bar.session,
        arg_max(bar.close, bar.load_id) filter (where bar.price_basis = 'as_traded') as traded,
        arg_max(bar.close * on_basis.price_factor / on_day.price_factor, bar.load_id) filter (where bar.price_basis = 'split_adjusted') as rebuilt
    from told_twice
    join raw.price_bar as bar on bar.symbol = told_twice.symbol and bar.price_basis <> 'adjusted_only' and bar.close > 0
    join core.line_symbol as line on line.symbol = bar.symbol and line.valid_from <= bar.session and bar.session < line.valid_to
    join core.split_regime as on_basis
        on on_basis.security_id = line.security_id
        and on_basis.valid_from <= bar.basis_date and bar.basis_date < coalesce(on_basis.valid_to, date '9999-12-31')
    join core.split_regime as on_day
        on on_day.security_id = line.security_id
        and on_day.valid_from <= bar.session and bar.session < coalesce(on_day.valid_to, date '9999-12-31')
    group by line.security_id, bar.session
),
sign as (
    select security_id, session, session_no, 'OFF_GRID' as evidence, cast(null as double) as ratio from off_grid
    union all
    select pair.security_id, pair.session, session.session_no, 'AS_TRADED', pair.traded / pair.rebuilt
    from pair
    join core.session as session on session.session = pair.session
    -- Half a percent: two vendors may take their closes from two exchanges.
    where abs(pair.traded / pair.rebuilt - 1) > 0.005
),
dense as (
    select security_id, session, session_no, evidence, ratio, count(*) over recent as n_recent
    from sign
    window recent as (partition by security_id, evidence order by session_no range between 19 preceding and current row)
),
stretch as (
    select security_id, evidence, min(session_no) - 19 as first_no, max(session_no) as last_no
    from dense
    where n_recent >= 10
    group by security_id, evidence
),
found as (
    select
        dense.security_id, dense.evidence, min(dense.session) as first_session, max(dense.session) as last_session,
        count(*) as n_sessions, median(dense.ratio) as ratio
    from dense
    join stretch
        on stretch.security_id = dense.security_id and stretch.evidence = dense.evidence
        and dense.session_no >= stretch.first_no and dense.session_no <= stretch.last_no
    group by dense.security_id, dense.evidence
),
quoted as (
    select line.security_id, quote.session, arg_max(quote.market_cap, quote.load_id) as vendor_cap_usd
    from raw.quote as quote
    join core.line_symbol as line on line.symbol = quote.symbol and line.valid_from <= quote.session and quote.session < line.valid_to
    where quote.market_cap > 0 and quote.currency = 'USD'
    group by line.security_id, quote.session
),
beside as (
    select
        quoted.security_id, quoted.session, quoted.vendor_cap_usd / cap.issuer_cap_usd as ratio,
        -- The vendor tells the cap of the company for some and that of the class for others.
        least(abs(ln(quoted.vendor_cap_usd / cap.issuer_cap_usd)), abs(ln(quoted.vendor_cap_usd / cap.line_cap_usd))) > param.cap_tolerance as is_far
    from quoted
    cross join param
    join core.market_cap as cap on cap.security_id = quoted.security_id and cap.session = quoted.session
    where cap.line_cap_usd > 0
),
capped as (
    select
        security_id, min(session) filter (where is_far) as first_session, max(session) as last_session, count_if(is_far) as n_sessions,
        arg_max(ratio, session) as ratio
    from beside
    group by security_id
    having arg_max(is_far, session)
),
next_bar as (
    select found.security_id, found.evidence, min(price.session) as session
    from found
    join core.daily_price as price
        on price.security_id = found.security_id and price.session > found.last_session and price.is_valid and not price.is_adjusted_only
    group by found.security_id, found.evidence
)
select
    found.security_id,
    line.symbol,
    found.evidence,
    found.first_session,
    found.last_session,
    next_bar.session as missing_from,
    found.n_sessions,
    found.ratio,
    'closes and market caps of ' || line.symbol || ' up to ' || found.last_session
    || ' are off by a ratio that the list of splits lacks (a spin-off counts): '
    || case
        when next_bar.session is null then 'name it in [[splits]], or correct the price_basis or basis_date of its files'
        else 'look for one with an ex-date of ' || next_bar.session || ' or shortly after and name it in [[splits]]'
    end as way_out
from found
join core.last_symbol as line on line.security_id = found.security_id
left join next_bar on next_bar.security_id = found.security_id and next_bar.evidence = found.evidence
union all by name
select
    capped.security_id,
    line.symbol,
    'VENDOR_CAP' as evidence,
    capped.first_session,
    capped.last_session,
    cast(null as date) as missing_from,
    capped.n_sessions,
    capped.ratio,
    'the vendor says ' || round(capped.ratio, 2) || ' times our market cap of ' || line.symbol || ' on ' || capped.last_session
    || ': look at its counts in core.share_count and at its list of splits, and correct the wrong one at the source' as way_out
from capped
join core.last_symbol as line on line.security_id = capped.security_id
order by security_id, evidence;
