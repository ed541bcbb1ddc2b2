-- One row is one way in which a source said something else about the past than before, and what that did to the tables (A.7).
--
-- Prices are kept with the basis they came on, so a split moves none of them. Dividends change the vendor's adjusted closes
-- only, which nothing here is made of.
-- may be empty: no source may have said otherwise
-- key: symbol, kind, item, first_session, load_id
create table ops.restatement (
    first_session date not null,        -- first session (or ex-date) concerned
    last_session date not null,         -- last one
    n_sessions bigint not null,         -- sessions concerned
    security_id integer,                -- the security; NULL while the symbol has none
    symbol varchar not null,            -- vendor symbol
    kind varchar not null,              -- what happened, as in raw.restatement; REFUSED: a later telling of a bar cannot be used
    item varchar not null,              -- close, volume, bar, split, dividend, capital_gain or symbol
    old_value double,                   -- what was held, of the last session concerned, on its own basis
    new_value double,                   -- what is served now
    ratio double,                       -- the common ratio new over old, where there is one
    effect varchar not null check (effect in (
        'NONE',                         -- no number moved: the tables do not depend on the vendor's basis
        'RECOMPUTED',                   -- the new rows are used, and everything that rests on them was made anew
        'QUARANTINED',                  -- the rows concerned are not used
        'NOTED'                         -- what was held stays in use
    )),                                 -- what it did to the tables, as things stand now
    note varchar not null,              -- the explanation in words
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought it
    fetched_at timestamp not null       -- UTC instant of the fetch
);

insert into ops.restatement by name
with landed as (
    select distinct said.symbol, said.kind, said.item, said.first_session, said.load_id
    from raw.restatement as said
    join raw.price_bar as bar
        on bar.symbol = said.symbol and bar.load_id = said.load_id
        and bar.session >= said.first_session and bar.session <= said.last_session
    anti join core.unusable_bar as refused
        on refused.symbol = bar.symbol and refused.session = bar.session and refused.load_id = bar.load_id and not refused.is_released
    where said.kind in ('CORRECTION', 'LATE_ROW')
),
unused_cash as (
    select distinct line.symbol, action.ex_date, action.load_id
    from core.corporate_action as day
    join core.session as session on session.session = day.ex_session
    join core.line_symbol as line on line.security_id = day.security_id
    join raw.corporate_action as action
        on action.symbol = line.symbol and line.valid_from <= action.ex_date and action.ex_date < line.valid_to
        and action.ex_date <= day.ex_session and action.ex_date > coalesce(session.previous_session, session.session - 1)
    where day.quarantine_reason = 'CONTRADICTED_DIVIDEND'
),
-- The load that brought the dividend as it is used now.
latest_cash as (
    select symbol, ex_date, kind, max(load_id) as load_id from raw.corporate_action group by symbol, ex_date, kind
)
select
    said.first_session,
    said.last_session,
    said.n_sessions,
    line.security_id,
    said.symbol,
    said.kind,
    said.item,
    said.old_value,
    said.new_value,
    said.ratio,
    case
        when said.kind in ('BASIS_CHANGE', 'SPLIT_NOT_APPLIED') then 'NONE'
        when said.kind = 'SUSPECT_SPLIT' and suspicion.security_id is null then 'NOTED'
        when said.kind = 'SUSPECT_SPLIT' and suspicion.ended_by is null then 'QUARANTINED'
        when said.kind = 'CONTRADICTED_DIVIDEND' and latest_cash.load_id is distinct from said.load_id then 'NOTED'
        when said.kind = 'CONTRADICTED_DIVIDEND' and unused_cash.symbol is not null then 'QUARANTINED'
        when said.kind = 'DROPPED_ROW' or said.kind in ('CORRECTION', 'LATE_ROW') and landed.symbol is null then 'NOTED'
        else 'RECOMPUTED'
    end as effect,
    said.note,
    said.source,
    said.load_id,
    said.fetched_at
from raw.restatement as said
left join core.line_symbol as line
    on line.symbol = said.symbol and line.valid_from <= said.first_session and said.first_session < line.valid_to
left join landed
    on landed.symbol = said.symbol and landed.kind = said.kind and landed.item = said.item
    and landed.first_session = said.first_session and landed.load_id = said.load_id
left join core.suspect_split as suspicion
    on suspicion.security_id = line.security_id and suspicion.first_session = said.first_session and said.item = 'close'
left join unused_cash
    on unused_cash.symbol = said.symbol and unused_cash.ex_date = said.first_session and unused_cash.load_id = said.load_id
left join latest_cash
    on latest_cash.symbol = said.symbol and latest_cash.ex_date = said.first_session and latest_cash.kind = said.item
union all
select
    refused.session as first_session,
    refused.session as last_session,
    1 as n_sessions,
    refused.security_id,
    refused.symbol,
    'REFUSED' as kind,
    'bar' as item,
    refused.held_price as old_value,
    refused.price as new_value,
    null as ratio,
    case when refused.is_released then 'RECOMPUTED' else 'QUARANTINED' end as effect,
    case refused.reason
        when 'NO_PRICE' then 'the source gives no price any more where it gave one'
        when 'NONPOSITIVE_PRICE' then 'the source gives a price of zero or less'
        else 'the bar contradicts its own high or low'
    end || case
        when refused.is_released then '; a person released it'
        else '; what was held stays in use until somebody releases this one: rotation quarantine release'
    end as note,
    load.source,
    refused.load_id,
    load.fetched_at
from core.unusable_bar as refused
join (select load_id, any_value(source) as source, any_value(fetched_at) as fetched_at from raw.price_bar group by load_id) as load
    on load.load_id = refused.load_id
where refused.is_refused
order by first_session, symbol, kind, item, load_id;
