-- One row is one price bar, corporate action or share count as one load brought it that is not used, or one absurd cell of any row, and why.
--
-- Bars that yield to a better series or a later load are not here: they are not needed. The raw row stays where it is. A row that
-- a person released stays here, with the decision, though it is used now. A later telling that is refused is here while what was held
-- before stays in use: releasing one without a usable price says that the session has none.
-- may be empty: every row may be good
-- key: table_name, symbol, session, item, load_id, reason
create table ops.quarantine (
    table_name varchar not null,        -- raw table of the row
    symbol varchar not null,            -- vendor symbol
    session date not null,              -- date of the bar, ex-date of the action, session on which the share count was known, or date of the cell
    item varchar not null,              -- precedence of the bar, kind of the action or count, or the column of the cell
    reason varchar not null,            -- NON_, FUTURE_SESSION, AFTER_DELISTING, DUPLICATE_ROW, UNKNOWN_SYMBOL, OUT_OF_BOUNDS, or as in core
    load_id varchar not null,           -- the landing load that brought it
    value varchar not null,             -- what it says
    is_releasable boolean not null,     -- there is a value in it that `rotation quarantine release` can have used
    decided_session date,               -- session whose close showed that the bar is a bad print (core.price_correction); NULL: known at once
    decision varchar check (decision in ('release', 'keep')), -- latest one about symbol, session and reason; NULL while there is none
    decided_at timestamp                -- UTC instant of the decision
);

insert into ops.quarantine by name
with last as (select max(session) as session from core.session),
misdated as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        case when bar.session > last.session then 'FUTURE_SESSION' else 'NON_SESSION' end as reason
    from raw.price_bar as bar
    cross join last
    where bar.session >= $first and bar.session not in (select session from core.session)
),
ended as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        'AFTER_DELISTING' as reason
    from raw.price_bar as bar
    join core.line_symbol as line on line.symbol = bar.symbol and line.valid_from <= bar.session and bar.session < line.valid_to
    join core.line as security on security.security_id = line.security_id and bar.session >= security.valid_to
    join core.session as session on session.session = bar.session
    where bar.session >= $first
),
-- Rows of prices begin with the first usable one; what a source said before it is not forgotten.
early as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        'BEFORE_FIRST_PRICE' as reason
    from raw.price_bar as bar
    join core.line_symbol as line on line.symbol = bar.symbol and line.valid_from <= bar.session and bar.session < line.valid_to
    join core.line as security on security.security_id = line.security_id
    join core.session as session on session.session = bar.session
    where bar.session >= $first and bar.session < coalesce(security.first_session, date '9999-12-31')
),
unused as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        price.quarantine_reason as reason
    from core.daily_price as price
    join core.line_symbol as line
        on line.security_id = price.security_id and line.valid_from <= price.session and price.session < line.valid_to
    join raw.price_bar as bar on bar.symbol = line.symbol and bar.session = price.session
    where price.session >= $first and price.quarantine_reason is not null
),
released as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        release.reason
    from core.quarantine_release as release
    join raw.price_bar as bar on bar.symbol = release.symbol and bar.session = release.session
    where bar.session >= $first and release.reason in ('INCONSISTENT_BAR', 'STALE_PRICE', 'SUSPECT_SPLIT', 'UNTRADED_LEAP', 'BAD_PRINT')
),
-- Later tellings that are refused while what was held stays in use.
refused as (
    select
        bar.symbol, bar.session, bar.precedence, bar.load_id, bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume,
        unusable.reason
    from core.unusable_bar as unusable
    join raw.price_bar as bar
        on bar.symbol = unusable.symbol and bar.session = unusable.session and bar.precedence = unusable.precedence
        and bar.load_id = unusable.load_id
    where unusable.session >= $first and unusable.is_refused
),
repeated as (
    select symbol, session, precedence, load_id, concat(count(*), ' rows') as value
    from raw.price_bar
    where session >= $first
    group by symbol, session, precedence, load_id
    having count(*) > 1
),
bar as (
    select
        symbol, session, cast(precedence as varchar) as item, load_id, reason,
        concat('close ', close, ', adj_close ', adj_close, ', open ', open, ', high ', high, ', low ', low, ', volume ', volume) as value
    from (
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from misdated
        union all
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from ended
        union all
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from early
        union all
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from unused
        union all
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from released
        union all
        select symbol, session, precedence, load_id, open, high, low, close, adj_close, volume, reason from refused
    ) as rejected
    union all
    select symbol, session, cast(precedence as varchar), load_id, 'DUPLICATE_ROW', value from repeated
),
action as (
    select symbol, ex_date, kind, load_id, concat(amount, ' ', currency) as value
    from raw.corporate_action
    where ex_date >= $first
),
unknown as (
    select symbol, ex_date as session, kind as item, load_id, value, 'UNKNOWN_SYMBOL' as reason
    from action
    anti join core.line_symbol as line
        on line.symbol = action.symbol and line.valid_from <= action.ex_date and action.ex_date < line.valid_to
),
doubted_action as (
    select security_id, ex_date, kind, quarantine_reason as reason from core.distribution where quarantine_reason is not null
    union all
    select listed.security_id, listed.ex_date, listed.kind, coalesce(split.quarantine_reason, 'BAD_AMOUNT')
    from core.listed_action as listed
    left join core.listed_split as split
        on split.security_id = listed.security_id and split.ex_session = listed.ex_session and split.listed_ratio = listed.amount
    where listed.kind = 'split' and (not listed.is_sound or split.quarantine_reason is not null)
),
unused_action as (
    select action.symbol, action.ex_date as session, action.kind as item, action.load_id, action.value, doubted.reason
    from doubted_action as doubted
    join core.line_symbol as line
        on line.security_id = doubted.security_id and line.valid_from <= doubted.ex_date and doubted.ex_date < line.valid_to
    join action on action.symbol = line.symbol and action.ex_date = doubted.ex_date and action.kind = doubted.kind
),
released_action as (
    select action.symbol, action.ex_date as session, action.kind as item, action.load_id, action.value, release.reason
    from core.quarantine_release as release
    join action
        on action.symbol = release.symbol and action.ex_date = release.session
        and (action.kind = 'split') = (release.reason = 'ODD_REVERSE_SPLIT')
    where release.reason in ('LARGE_DIVIDEND', 'CONTRADICTED_DIVIDEND', 'ODD_REVERSE_SPLIT')
),
decided as (
    select symbol, session, reason, decision, fetched_at as decided_at
    from raw.quarantine_decision
    qualify row_number() over (partition by symbol, session, reason order by load_id desc) = 1
),
-- Bad prints that were found out later, by the symbol that brought them.
judged as (
    select line.symbol, correction.session, correction.decided_session
    from core.price_correction as correction
    join core.line_symbol as line
        on line.security_id = correction.security_id and line.valid_from <= correction.session and correction.session < line.valid_to
),
-- Counts that are in doubt or that nobody can judge, by the rule of B.6; and counts by which those believed before turned out wrong.
doubted_count as (
    select
        said.symbol, judged.known_from as session, said.kind as item, said.load_id,
        case
            when judged.quarantine_reason is null then concat(judged.shares_before_fwd, ' shares on the first basis were believed before')
            else concat(said.shares, ' shares as of ', said.as_of)
        end as value,
        coalesce(judged.quarantine_reason, 'WRONG_BEFORE') as reason
    from (
        select *, lag(shares_fwd) over (partition by security_id order by known_from) as shares_before_fwd from core.share_count
    ) as judged
    join core.line_symbol as line on line.security_id = judged.security_id
    join raw.share_count as said
        on said.symbol = line.symbol and said.as_of = judged.as_of and said.kind = judged.kind
        and said.shares is not distinct from judged.shares_reported
    where judged.known_from >= $first
        and (judged.quarantine_reason <> 'STALE' or judged.quarantine_reason is null and judged.cleared_by = 'THREE_FILINGS')
),
absurd as (
    select
        table_name, symbol, session, column_name as item, load_id,
        concat(value, ' out of bounds: ', reason, '; used without it; correct it at the source') as value, 'OUT_OF_BOUNDS' as reason
    from ops.absurd_cell
    where session >= $first
),
found as (
    select table_name, symbol, session, item, load_id, value, reason from absurd
    union all
    select 'raw.price_bar' as table_name, symbol, session, item, load_id, value, reason from bar
    union all
    select 'raw.corporate_action', symbol, session, item, load_id, value, reason from unknown
    union all
    select 'raw.corporate_action', symbol, session, item, load_id, value, reason from unused_action
    union all
    select 'raw.corporate_action', symbol, session, item, load_id, value, reason from released_action
    union all
    select 'raw.share_count', symbol, session, item, load_id, value, reason from doubted_count
)
select
    found.table_name, found.symbol, found.session, found.item, found.reason, found.load_id, min(found.value) as value,
    found.reason in (
        'INCONSISTENT_BAR', 'STALE_PRICE', 'SUSPECT_SPLIT', 'UNTRADED_LEAP', 'BAD_PRINT', 'LARGE_DIVIDEND', 'CONTRADICTED_DIVIDEND', 'ODD_REVERSE_SPLIT'
    ) or refused.load_id is not null as is_releasable,
    max(judged.decided_session) as decided_session,
    decided.decision, decided.decided_at
from found
left join judged
    on found.table_name = 'raw.price_bar' and judged.symbol = found.symbol and judged.session = found.session
    and found.reason in ('SUSPECT_SPLIT', 'UNTRADED_LEAP', 'BAD_PRINT')
left join refused
    on found.table_name = 'raw.price_bar' and refused.symbol = found.symbol and refused.session = found.session
    and refused.load_id = found.load_id and refused.reason = found.reason
left join decided on decided.symbol = found.symbol and decided.session = found.session and decided.reason = found.reason
where found.session <= $last or found.reason = 'FUTURE_SESSION'
group by all
order by found.session, found.table_name, found.symbol, found.item, found.load_id, found.reason;
