-- One row is one date from which a listing tells that a symbol may be another company's, and what else speaks for it (A.9).
--
-- A listing that begins after bars which are held under its symbol, or one that had ended and has not any more, is a question. It
-- is another line when the one before had ended, when nobody traded for longer than a return may span, when the price leaps, or,
-- where the listing does not say when it began, when it carries another name. Where prices run on, the date is the vendor's error.
-- A cut is made for every row and stays, so that a verdict that changes renumbers nobody.
-- may be empty: most markets have no symbol that passed to another company
-- key: symbol, changed_on
create table core.symbol_reuse (
    symbol varchar not null,            -- the symbol
    changed_on date not null,           -- first date of the new holder
    first_load_id varchar not null,     -- landing load whose listing asks the question
    verdict varchar not null check (verdict in (
        'ENDED',                        -- the listing before had ended, and the new one begins later
        'SILENT',                       -- the new one begins after more than price.gap_max_sessions without a bar
        'LEAP',                         -- the price changes by more than identity.break_move, and no split is listed
        'OTHER_NAME',                   -- it had ended and is back under another name or as another kind of security
        'MOVED',                        -- not applied: the listing before ended with a move to another exchange
        'CONTINUED',                    -- not applied: prices run on
        'PENDING'                       -- not applied yet: no bar since
    )),                                 -- what speaks for it
    is_applied boolean not null,        -- the symbol is another security's from changed_on
    last_before date,                   -- last session with a price before
    first_after date,                   -- first session with a price from changed_on on
    price_ratio double                  -- the price then over the price before, as they were served; NULL without either
);

insert into core.symbol_reuse by name
with param as (
    select
        max(value) filter (where name = 'price.gap_max_sessions') as gap_max,
        max(value) filter (where name = 'identity.break_move') as break_move
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
told as (
    select
        symbol, load_id, first_session, last_session,
        lag(first_session) over life as first_session_before,
        lag(last_session) over life as last_session_before,
        lag(delist_reason) over life is not distinct from 'EXCHANGE_MOVE' as is_moved,
        kind <> lag(kind) over life
        or regexp_replace(lower(name), '[^a-z0-9]', '', 'g') <> regexp_replace(lower(lag(name) over life), '[^a-z0-9]', '', 'g') as is_other
    from raw.listing
    window life as (partition by symbol order by load_id)
),
question as (
    select
        symbol, first_session as changed_on, load_id, is_moved,
        coalesce(last_session_before < first_session, false) as has_ended, false as is_other, true as is_dated
    from told
    where first_session is distinct from first_session_before and first_session is not null
    union all
    select symbol, last_session_before + 1, load_id, is_moved, false, coalesce(is_other, false), false
    from told
    where last_session_before is not null and coalesce(last_session > last_session_before, true)
        and coalesce(first_session <= last_session_before, true)
),
-- Only where something is held of before: most listings begin before the bars.
asked as (
    select
        question.symbol, question.changed_on, question.load_id as first_load_id, question.is_moved, question.has_ended, question.is_other,
        question.is_dated
    from question
    join core.served_symbol as served on served.symbol = question.symbol and served.served_from < question.changed_on
    qualify row_number() over (
        partition by question.symbol, question.changed_on order by question.load_id, question.is_dated desc
    ) = 1
),
served as (
    select
        asked.symbol, asked.changed_on, bar.session < asked.changed_on as is_before, session.session, session.session_no, bar.precedence, bar.load_id,
        case when bar.price_basis = 'adjusted_only' then bar.adj_close else bar.close end as price,
        case when bar.price_basis = 'as_traded' then bar.session else bar.basis_date end as basis_date
    from asked
    join raw.price_bar as bar on bar.symbol = asked.symbol
    join core.session as session on session.session = bar.session
),
-- The two bars next to the date.
nearest as (
    select symbol, changed_on, is_before, session, session_no, price, basis_date
    from served
    where price > 0 and isfinite(price)
    qualify row_number() over (
        partition by symbol, changed_on, is_before
        order by case when is_before then -session_no else session_no end, precedence, load_id desc, price
    ) = 1
),
evidence as (
    select
        asked.symbol, asked.changed_on, asked.first_load_id, asked.is_moved, asked.has_ended, asked.is_other, asked.is_dated,
        before.session as last_before, after.session as first_after, after.price / nullif(before.price, 0) as price_ratio,
        coalesce(after.session_no - before.session_no > param.gap_max, false) as is_silent,
        coalesce(
            abs(ln(after.price / nullif(before.price, 0))) > ln(1 + param.break_move) and not exists (
                select 1
                from raw.corporate_action as action
                where action.symbol = asked.symbol and action.kind = 'split'
                    and action.ex_date > least(before.session, before.basis_date)
                    and action.ex_date <= greatest(after.session, after.basis_date)
            ), false
        ) as is_leap
    from asked
    cross join param
    left join nearest as before on before.symbol = asked.symbol and before.changed_on = asked.changed_on and before.is_before
    left join nearest as after on after.symbol = asked.symbol and after.changed_on = asked.changed_on and not after.is_before
),
judged as (
    select
        symbol, changed_on, first_load_id, last_before, first_after, price_ratio,
        case
            when is_moved then 'MOVED'
            when has_ended then 'ENDED'
            when first_after is null then 'PENDING'
            when is_leap then 'LEAP'
            when is_silent and is_dated then 'SILENT'
            when is_other then 'OTHER_NAME'
            else 'CONTINUED'
        end as verdict
    from evidence
)
select
    symbol, changed_on, first_load_id, verdict,
    verdict in ('ENDED', 'SILENT', 'LEAP', 'OTHER_NAME') as is_applied,
    last_before, first_after, price_ratio
from judged
order by symbol, changed_on;
