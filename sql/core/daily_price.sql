-- One row is one security on one session from its first bar on: as-traded price, our own returns, flags.
--
-- Sessions without a usable bar are rows with NULL prices, so that a ROWS frame counts sessions (methodology 0.5, 0.7). They
-- go on for 252 sessions after the last bar, the longest frame in use, and end with the line. A line that ended has one row
-- more, on the session after its last: no price, not valid, and the delisting return as both returns (A.5).
-- Every row is made of what was known on its session, but for bad prints that are found out later (core.price_correction): a run of
-- stale closes is stale from the session that completes it, a suspected split takes out its own session alone. Which bars make a
-- return is told in core.price_bar and core.return_base. An unknown return is no zero return (A.2): where one cannot be told, the index
-- goes on flat in a new tri_segment, and only levels of one segment may be compared.
-- A line in another currency than USD has its returns, in its own currency, and no price, so that nobody adds yen to dollars: every
-- measure that expects it misses it, with the reason OTHER_CURRENCY (A.8).
-- Level columns ending in _e9, _e12 and _e15 are integers, so that a moving average compares the same in any summation order.
-- key: security_id, session
create table core.daily_price (
    security_id integer not null,       -- the security
    session date not null,              -- trading date
    session_no integer not null,        -- number of the session in core.session
    close_usd double,                   -- as-traded close, USD per share; NULL when missing, in another currency, or only an adjusted close exists
    volume double,                      -- as-traded shares
    dollar_volume_usd double,           -- close_usd * volume
    close_fwd_e9 bigint,                -- close on the first share basis (core.split_regime), in 1e-9 USD
    high_fwd_e9 bigint,                 -- high on the first share basis, in 1e-9 USD
    low_fwd_e9 bigint,                  -- low on the first share basis, in 1e-9 USD
    tri_e12 bigint,                     -- total-return index, 1 at the first valid close, in 1e-12; NULL as log_tri_e15, and beyond 8.8e6
    log_tri_e15 bigint,                 -- ln of the total-return index, in 1e-15; NULL without a price or dividends and after -100 %
    tri_segment integer not null,       -- levels of the index compare within one; 0 at first, +1 where a close follows a close and no total return ties them
    price_segment integer not null,     -- levels of the _fwd_ columns compare within one; 0 at first, +1 where the split factor is unknown
    price_return double,                -- s P / P(-1) - 1 (A.2), decimal, with distributions in kind (A.6); over gap_sessions sessions
    total_return double,                -- s (P + D) / P(-1) - 1 (A.2), decimal; NULL where dividends are unknown or quarantined
    is_price_only boolean not null,     -- total_return knows of no dividend: two series meet without a session that both have (A.2)
    return_reason varchar check (return_reason in (
        'FIRST_BAR',                    -- no close before
        'LONG_GAP',                     -- the close before is further back than price.gap_max_sessions
        'NO_DIVIDENDS',                 -- the source tells none, or the line is an index
        'SEAM',                         -- two declared series that nothing ties, or a leap at their seam that a split may be
        'UNTIED',                       -- adjusted closes of two basis dates of one series of files, without a session that both have
        'ODD_REVERSE_SPLIT', 'BAD_AMOUNT', 'OTHER_CURRENCY', 'LARGE_DIVIDEND', 'CONTRADICTED_DIVIDEND', -- as in core.corporate_action
        'IMPLAUSIBLE_DIVIDEND',         -- an implied one of half the price, or a special one that the price does not show
        'UNEXPLAINED'                   -- none of these: the adjusted close is missing
    )),                                 -- why a valid row has no total return; NULL when it has, or is not valid
    gap_sessions smallint,              -- sessions of the return: 1 normally, up to 10 (0.6); NULL without one
    n_missing integer not null,         -- sessions since the last bar; 0 when this session has one
    is_valid boolean not null,          -- a usable price in USD (close, or adjusted close) exists on this session
    is_traded boolean not null,         -- valid and volume > 0
    is_adjusted_only boolean not null,  -- returns come from an adjusted close (vendor convention), there is no as-traded price
    is_stale boolean not null,          -- fifth or later of five or more sessions with one close and no volume (0.6)
    is_large_move boolean not null,     -- |ln(1 + price_return)| > ln 1.5: used, but looked at (A.8)
    quarantine_reason varchar,          -- why the bar of this session is not used; NULL when it is, or when there was none
    pit_grade varchar not null          -- A observed live, B back-filled (0.3)
);

insert into core.daily_price by name
with param as (
    select
        cast(max(value) filter (where name = 'price.gap_max_sessions') as integer) as gap_max,
        max(value) filter (where name = 'price.large_move') as large_move,
        max(value) filter (where name = 'dividend.special_share') as special_share,
        max(value) filter (where name = 'dividend.quarantine_share') as quarantine_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
horizon as (
    select
        min(session_no) filter (where session >= $first) as first_no,
        max(session_no) filter (where session <= $last) as last_no
    from core.session
),
-- Usable bars, each with the earlier end of its return.
bar as not materialized (
    select
        price_bar.security_id, price_bar.session, price_bar.session_no, price_bar.level, price_bar.close_usd, price_bar.high,
        price_bar.low, price_bar.volume, price_bar.is_adjusted_only, price_bar.is_dividend_known, price_bar.is_live,
        base.reason,
        case when base.security_id is null then price_bar.session_no_before else base.session_no_before end as session_no_before,
        case when base.security_id is null then price_bar.level_before else base.level_before end as level_before,
        case when base.security_id is null then price_bar.growth else base.growth end as growth,
        case when base.security_id is null then price_bar.dividend_basis else base.dividend_basis end as dividend_basis,
        case when base.security_id is null then price_bar.implied_yield else base.implied_yield end as implied_yield,
        price_bar.seam,
        -- The return begins at a bar in doubt that kept its level: how it came there is in no return.
        doubt.security_id is not null as is_after_doubt,
        coalesce(doubt.reason = 'SUSPECT_SPLIT', false) as is_after_split
    from core.price_bar as price_bar
    left join core.return_base as base on base.security_id = price_bar.security_id and base.session = price_bar.session
    left join core.return_base as doubt
        on doubt.security_id = price_bar.security_id and doubt.reason is not null
        and doubt.session_no = case when base.security_id is null then price_bar.session_no_before else base.session_no_before end
    where price_bar.session >= $first and price_bar.session <= $last and price_bar.reason is null
),
-- A return over a gap takes in the actions of up to gap_max sessions, each listed here for every session that may end it.
due as (
    select
        event.security_id, event.price_only_ratio, event.quarantine_reason, event.is_factor_unknown, session.session_no as ex_no,
        session.session_no + unnest(generate_series(0, param.gap_max - 1)) as session_no,
        event.cash_usd * regime.price_factor as cash_fwd
    from core.corporate_action as event
    cross join param
    join core.session as session on session.session = event.ex_session
    join core.split_regime as regime
        on regime.security_id = event.security_id
        and regime.valid_from <= event.ex_session and event.ex_session < coalesce(regime.valid_to, date '9999-12-31')
),
entitlement as (
    select
        bar.security_id, bar.session_no,
        list_sum(list(due.cash_fwd order by due.ex_no)) as cash_fwd,
        list_reduce(list(due.price_only_ratio order by due.ex_no), lambda x, y: x * y) as price_only_ratio,
        max(case when due.is_factor_unknown then due.quarantine_reason end) as price_reason,
        max(due.quarantine_reason) as total_reason
    from due
    join bar on bar.security_id = due.security_id and bar.session_no = due.session_no and bar.session_no_before < due.ex_no
    group by bar.security_id, bar.session_no
),
ratio as not materialized (
    select
        bar.security_id, bar.session_no, security.kind, bar.is_adjusted_only, bar.is_dividend_known, bar.is_live,
        bar.level, bar.close_usd, bar.high, bar.low, bar.volume, bar.reason,
        bar.session_no - bar.session_no_before as gap_sessions,
        case when entitlement.price_reason is null then bar.growth end as growth,
        security.kind <> 'INDEX' and (
            bar.session_no_before is not null and (bar.growth is null or entitlement.price_reason is not null) or bar.is_after_split
        ) as is_factor_unknown,
        bar.is_after_doubt,
        bar.dividend_basis = 'none' and bar.seam = 'PRICE_ONLY' as is_price_only,
        case
            when security.kind = 'INDEX' or not bar.is_dividend_known then 'NO_DIVIDENDS'
            when bar.session_no_before is null then null
            when bar.dividend_basis = 'listed' then entitlement.total_reason
            when entitlement.price_reason is not null then entitlement.price_reason
            when bar.growth is null and bar.seam in ('SECTION', 'FACTOR') then 'SEAM'
            when bar.growth is null and bar.seam = 'BASIS' then 'UNTIED'
            when bar.dividend_basis = 'none' then 'SEAM'
            when bar.implied_yield is not null then 'IMPLAUSIBLE_DIVIDEND'
        end as gap_reason,
        case when bar.dividend_basis = 'adjusted' then 1 else coalesce(entitlement.price_only_ratio, 1) end as in_kind,
        -- Distributions as a share of the price before.
        case
            when security.kind = 'INDEX' then null
            when bar.dividend_basis = 'adjusted' then 0
            when bar.dividend_basis = 'listed' and entitlement.total_reason is null
                then coalesce(entitlement.cash_fwd, 0) / nullif(bar.level_before, 0)
            when bar.dividend_basis = 'none' and bar.seam = 'PRICE_ONLY' then 0
            -- A special distribution that the price does not show half of was not paid to this line.
            when bar.implied_yield >= param.special_share and 1 - bar.growth < bar.implied_yield / 2 then null
            when bar.implied_yield <= param.quarantine_share then bar.implied_yield
        end as yield
    from bar
    cross join param
    join core.line as security on security.security_id = bar.security_id
    left join entitlement on entitlement.security_id = bar.security_id and entitlement.session_no = bar.session_no
),
line_end as (
    select line.security_id, delisting.delist_return, session.session_no - 1 as end_no
    from core.line as line
    join core.session as session on session.session = line.valid_to
    left join core.delisting as delisting on delisting.security_id = line.security_id
    where line.first_session < line.valid_to
),
move as (
    select
        security_id, session_no, reason is null as is_valid, is_adjusted_only, is_live,
        level, close_usd, high, low, volume, gap_sessions, 0 as n_missing, reason as quarantine_reason,
        -- A distribution in kind is worth P(-1) (1 - 1/q): (q P / P(-1) - 1) / q is the return with it (A.6).
        (growth - 1) / in_kind as price_return,
        (growth + yield - 1) / in_kind as total_return,
        reason is null and kind <> 'INDEX' and is_dividend_known as is_index_known,
        reason is null and kind <> 'INDEX' and (growth is null or yield is null or is_after_doubt) as is_index_cut,
        reason is null and is_factor_unknown as is_price_cut,
        coalesce(is_price_only, false) as is_price_only, gap_reason
    from ratio
    union all
    select
        line_end.security_id, line_end.end_no + 1, false, false, false,
        null, null, null, null, null, 1, 1,
        null, line_end.delist_return, line_end.delist_return, line_end.delist_return > -1,
        false, false, false, null
    from line_end
    join horizon on line_end.end_no + 1 >= horizon.first_no and line_end.end_no + 1 <= horizon.last_no
    where line_end.delist_return is not null
),
index_before as (
    select
        security_id, arg_max(log_tri_e15, session) filter (where log_tri_e15 is not null) as log_tri_e15,
        max(tri_segment) as tri_segment, max(price_segment) as price_segment
    from core.daily_price
    where session < $first
    group by security_id
),
-- Running sums without a partition go over the lines one after the other as the sorted rows stream by, at a third of the cost of
-- frames by line; what the lines before had summed up is taken off from the row on which a line begins.
ordered as (
    select
        *, case when total_return > -1 then cast(round(ln(1 + total_return) * 1e15) as bigint) end as log_growth_e15,
        case when is_index_cut then 1 else 0 end as index_cut, case when is_price_cut then 1 else 0 end as price_cut
    from move
    order by security_id, session_no
),
running as (
    select
        *,
        coalesce(sum(log_growth_e15) over so_far, 0) as log_sum_e15, sum(index_cut) over so_far as index_cuts, sum(price_cut) over so_far as price_cuts,
        case when lag(security_id) over () = security_id then null else row_number() over () end as line_start,
        case when lead(security_id) over () = security_id then lead(session_no) over () end as next_no
    from ordered
    window so_far as (rows between unbounded preceding and current row)
),
by_line as (
    select
        *,
        max(index_cuts - index_cut) filter (where line_start is not null) over so_far as index_cuts_before,
        max(price_cuts - price_cut) filter (where line_start is not null) over so_far as price_cuts_before,
        arg_max(log_sum_e15 - coalesce(log_growth_e15, 0), line_start) over so_far as log_sum_before_e15
    from running
    window so_far as (rows between unbounded preceding and current row)
),
indexed as (
    select
        move.security_id, move.session_no, move.is_valid, move.is_adjusted_only, move.is_live,
        move.level, move.close_usd, move.high, move.low, move.volume, move.gap_sessions, move.n_missing,
        move.quarantine_reason, move.price_return, move.total_return, move.is_price_only, move.gap_reason, move.next_no,
        case when move.is_index_known then
            coalesce(index_before.log_tri_e15, 0) + cast(move.log_sum_e15 - move.log_sum_before_e15 as bigint)
        end as log_tri_e15,
        -- The first close of a line is a cut too, which makes its segment 0.
        cast(coalesce(index_before.tri_segment, -1) + move.index_cuts - move.index_cuts_before as integer) as tri_segment,
        cast(coalesce(index_before.price_segment, 0) + move.price_cuts - move.price_cuts_before as integer) as price_segment
    from by_line as move
    left join index_before on index_before.security_id = move.security_id
),
-- Bars that are followed by missing sessions; the session before the window tells how far back the last bar is.
silence as (
    select indexed.security_id, indexed.session_no as bar_no, coalesce(indexed.next_no, horizon.last_no + 1) as next_no, indexed.tri_segment, indexed.price_segment
    from indexed
    cross join horizon
    where coalesce(indexed.next_no, horizon.last_no + 1) > indexed.session_no + 1
    union all
    select held.security_id, held.session_no - held.n_missing, coalesce(first_bar.session_no, horizon.last_no + 1), index_before.tri_segment, index_before.price_segment
    from core.daily_price as held
    join horizon on held.session_no = horizon.first_no - 1
    left join index_before on index_before.security_id = held.security_id
    left join (
        select security_id, min(session_no) as session_no
        from core.price_bar
        where session >= $first and session <= $last and reason is null
        group by security_id
    ) as first_bar on first_bar.security_id = held.security_id
),
missing as (
    select
        silence.security_id, session.session_no, session.session_no - silence.bar_no as n_missing, bar.reason,
        greatest(silence.tri_segment, 0) as tri_segment,
        silence.price_segment
    from silence
    cross join horizon
    join core.session as session
        on session.session_no > silence.bar_no and session.session_no < silence.next_no and session.session_no <= silence.bar_no + 252
    left join line_end on line_end.security_id = silence.security_id
    left join core.price_bar as bar on bar.security_id = silence.security_id and bar.session = session.session
    where session.session_no >= horizon.first_no and session.session_no <= coalesce(line_end.end_no, horizon.last_no)
),
outcome as (
    select
        security_id, session_no, is_valid, is_adjusted_only, is_live, false as is_stale,
        case when is_valid and not is_adjusted_only then level end as close_fwd,
        case when is_valid then high end as high_fwd, case when is_valid then low end as low_fwd,
        case when is_valid then close_usd end as close_usd, case when is_valid then volume end as volume,
        gap_sessions, n_missing, quarantine_reason, price_return, total_return, log_tri_e15,
        greatest(tri_segment, 0) as tri_segment, price_segment, is_price_only and total_return is not null as is_price_only,
        case
            when not is_valid or total_return is not null then null
            when gap_reason is not null then gap_reason
            when gap_sessions is null then case when tri_segment <= 0 then 'FIRST_BAR' else 'LONG_GAP' end
            else 'UNEXPLAINED'
        end as return_reason
    from indexed
    union all
    select
        security_id, session_no, false, false, false, coalesce(reason = 'STALE_PRICE', false),
        null, null, null, null, null,
        null, n_missing, reason, null, null, null,
        tri_segment, price_segment, false, null
    from missing
)
select
    outcome.security_id,
    session.session,
    outcome.session_no,
    outcome.close_usd,
    outcome.volume,
    outcome.close_usd * outcome.volume as dollar_volume_usd,
    case when not line.is_foreign then try_cast(round(outcome.close_fwd * 1e9) as bigint) end as close_fwd_e9,
    case when not line.is_foreign then try_cast(round(outcome.high_fwd * 1e9) as bigint) end as high_fwd_e9,
    case when not line.is_foreign then try_cast(round(outcome.low_fwd * 1e9) as bigint) end as low_fwd_e9,
    -- A bigint ends at e to the 15.99 in units of 1e-12.
    case when outcome.log_tri_e15 < 15990000000000000 then cast(round(exp(outcome.log_tri_e15 / 1e15) * 1e12) as bigint) end as tri_e12,
    outcome.log_tri_e15,
    outcome.tri_segment,
    outcome.price_segment,
    outcome.price_return,
    outcome.total_return,
    outcome.is_price_only,
    case when not line.is_foreign then outcome.return_reason end as return_reason,
    outcome.gap_sessions,
    outcome.n_missing,
    outcome.is_valid and not line.is_foreign as is_valid,
    outcome.is_valid and not line.is_foreign and coalesce(outcome.volume > 0, false) as is_traded,
    outcome.is_adjusted_only,
    outcome.is_stale,
    coalesce(abs(ln(case when outcome.price_return > -1 then 1 + outcome.price_return end)) > ln(param.large_move), false) as is_large_move,
    coalesce(outcome.quarantine_reason, case when outcome.is_valid and line.is_foreign then 'OTHER_CURRENCY' end) as quarantine_reason,
    case when outcome.is_live then 'A' else 'B' end as pit_grade
from outcome
cross join param
join (
    select security_id, kind <> 'INDEX' and currency <> 'USD' as is_foreign from core.line
) as line on line.security_id = outcome.security_id
join core.session as session on session.session_no = outcome.session_no
order by outcome.session_no, outcome.security_id;
