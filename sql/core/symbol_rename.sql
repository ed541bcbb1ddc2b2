-- One row is one rename as the sources tell it, and what the prices of the two symbols say to it (A.9).
--
-- A rename is believed unless prices contradict it. Two symbols that served the same moves on the same sessions are one line,
-- whichever of them carries the history. Where they differ, either the new symbol was another company's until the change, or the
-- rename is not one of these two lines. What followed under the old symbol is another line, or the tail of this one.
-- may be empty: the renames that are told may be of symbols that are not ours
-- key: old_symbol, new_symbol
create table core.symbol_rename (
    old_symbol varchar not null,        -- symbol before the change
    new_symbol varchar not null,        -- symbol from changed_on
    changed_on date not null,           -- first date under the new symbol, as the latest load says
    first_load_id varchar not null,     -- landing load that first told of it
    verdict varchar not null check (verdict in (
        'SILENT',                       -- the old symbol has no bars of its own before the change: nothing speaks against it
        'CONTINUED',                    -- bars of the new symbol begin where those of the old symbol end
        'SAME_HISTORY',                 -- both served the same moves on common sessions
        'TAKEOVER',                     -- the new symbol was another line's until the change, and has a break there
        'STILL_TRADED',                 -- not applied: the old symbol trades on as before
        'PENDING',                      -- not applied yet: the change comes after the last session
        'DIFFERENT',                    -- not applied: two lines that moved apart, neither with a break at the change
        'AMBIGUOUS',                    -- not applied: another rename of the same symbol and day is
        'UNHELD'                        -- not applied: nothing is held of the new symbol nor of its followers
    )),                                 -- what the prices say
    is_applied boolean not null,        -- the security goes on under the new symbol
    n_steps bigint not null,            -- changes between common sessions before the change that can be compared
    n_equal bigint not null,            -- of these, equal within identity.close_tolerance
    is_tail boolean not null            -- bars of the old symbol from the change on are this line's, served late under the old name
);

insert into core.symbol_rename by name
with recursive param as (
    select
        max(value) filter (where name = 'price.gap_max_sessions') as gap_max,
        max(value) filter (where name = 'identity.close_tolerance') as close_tolerance,
        max(value) filter (where name = 'identity.min_equal_share') as min_equal_share,
        max(value) filter (where name = 'identity.break_move') as break_move
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
rename as (
    select old_symbol, new_symbol, arg_max(changed_on, load_id) as changed_on, min(load_id) as first_load_id
    from raw.symbol_change
    where old_symbol <> new_symbol
    group by old_symbol, new_symbol
),
party as (
    select old_symbol as symbol from rename union select new_symbol from rename
),
bar as (
    select symbol, session, session_no, price
    from (
        select
            bar.symbol, session.session, session.session_no, bar.precedence, bar.load_id,
            case when bar.price_basis = 'adjusted_only' then bar.adj_close else bar.close end as price
        from raw.price_bar as bar
        join party on party.symbol = bar.symbol
        join core.session as session on session.session = bar.session
    ) as served
    where price > 0 and isfinite(price)
    qualify row_number() over (partition by symbol, session order by precedence, load_id desc, price) = 1
),
held as (
    select symbol from bar union select listing.symbol from raw.listing as listing join party on party.symbol = listing.symbol
),
-- A symbol that nothing is held of may be renamed on to one that is.
reach as (
    select old_symbol, new_symbol, new_symbol as at_symbol, changed_on as at_day
    from rename
    union
    select reach.old_symbol, reach.new_symbol, next.new_symbol, next.changed_on
    from reach
    join rename as next on next.old_symbol = reach.at_symbol and next.changed_on >= reach.at_day
),
reached as (
    select distinct reach.old_symbol, reach.new_symbol from reach join held on held.symbol = reach.at_symbol
),
-- What a symbol served is cut where it was left before or after: there it may have become another line's.
side as (
    select
        rename.old_symbol, rename.new_symbol, rename.changed_on, party.symbol, party.symbol = rename.old_symbol as is_old,
        max(away.changed_on) filter (
            where away.changed_on < rename.changed_on or (away.changed_on = rename.changed_on and party.symbol = rename.new_symbol)
        ) as begins_on,
        min(away.changed_on) filter (where away.changed_on > rename.changed_on) as ends_on
    from rename
    join party on party.symbol = rename.old_symbol or party.symbol = rename.new_symbol
    left join rename as away on away.old_symbol = party.symbol
    group by rename.old_symbol, rename.new_symbol, rename.changed_on, party.symbol
),
placed as (
    select
        side.old_symbol, side.new_symbol, side.is_old, bar.session < side.changed_on as is_before, bar.session, bar.session_no, bar.price
    from side
    join bar on bar.symbol = side.symbol and bar.session >= coalesce(side.begins_on, bar.session)
    where side.ends_on is null or bar.session < side.ends_on
),
extent as (
    select
        old_symbol, new_symbol,
        max(session_no) filter (where is_old and is_before) as old_last_no,
        min(session_no) filter (where is_old and not is_before) as old_next_no,
        arg_max(price, session_no) filter (where is_old and is_before) as old_last_price,
        arg_min(price, session_no) filter (where is_old and not is_before) as old_next_price,
        min(session_no) filter (where not is_old and is_before) as new_first_no,
        max(session_no) filter (where not is_old and is_before) as new_last_no,
        min(session_no) filter (where not is_old and not is_before) as new_next_no,
        arg_max(price, session_no) filter (where not is_old and is_before) as new_last_price,
        arg_min(price, session_no) filter (where not is_old and not is_before) as new_next_price
    from placed
    group by old_symbol, new_symbol
),
-- The ratio of the two prices stands still where both are one line, whatever the share basis of each.
common as (
    select
        old.old_symbol, old.new_symbol, old.is_before,
        new.price / old.price / lag(new.price / old.price) over (
            partition by old.old_symbol, old.new_symbol, old.is_before order by old.session_no
        ) - 1 as drift
    from placed as old
    join placed as new
        on new.old_symbol = old.old_symbol and new.new_symbol = old.new_symbol and new.session_no = old.session_no and not new.is_old
    where old.is_old
),
compared as (
    select
        common.old_symbol, common.new_symbol,
        count(common.drift) filter (where common.is_before) as n_steps,
        count(*) filter (where common.is_before and abs(common.drift) <= param.close_tolerance) as n_equal,
        count(common.drift) filter (where not common.is_before) as n_steps_after,
        count(*) filter (where not common.is_before and abs(common.drift) <= param.close_tolerance) as n_equal_after
    from common
    cross join param
    group by common.old_symbol, common.new_symbol
),
evidence as (
    select
        rename.old_symbol, rename.new_symbol, rename.changed_on, rename.first_load_id,
        reached.old_symbol is not null as is_reached,
        extent.old_last_no, extent.new_first_no,
        coalesce(compared.n_steps, 0) as n_steps,
        coalesce(compared.n_equal, 0) as n_equal,
        coalesce(compared.n_steps > 0 and compared.n_equal >= param.min_equal_share * compared.n_steps, false) as is_same,
        coalesce(compared.n_steps_after > 0 and compared.n_equal_after >= param.min_equal_share * compared.n_steps_after, false) as is_tail,
        coalesce(
            extent.old_next_no - extent.old_last_no <= param.gap_max
            and abs(ln(extent.old_next_price / nullif(extent.old_last_price, 0))) <= ln(1 + param.break_move), false
        ) as is_old_going_on,
        coalesce(
            extent.new_next_no - extent.new_last_no <= param.gap_max
            and abs(ln(extent.new_next_price / nullif(extent.new_last_price, 0))) <= ln(1 + param.break_move), false
        ) as is_new_going_on
    from rename
    cross join param
    left join reached on reached.old_symbol = rename.old_symbol and reached.new_symbol = rename.new_symbol
    left join extent on extent.old_symbol = rename.old_symbol and extent.new_symbol = rename.new_symbol
    left join compared on compared.old_symbol = rename.old_symbol and compared.new_symbol = rename.new_symbol
),
judged as (
    select
        old_symbol, new_symbol, changed_on, first_load_id, n_steps, n_equal, is_tail,
        case
            when not is_reached then 'UNHELD'
            when old_last_no is null then 'SILENT'
            when is_same then 'SAME_HISTORY'
            when changed_on > (select max(session) from core.session) then 'PENDING'
            when is_old_going_on and not is_tail then 'STILL_TRADED'
            when n_steps = 0 and (new_first_no is null or new_first_no >= old_last_no) then 'CONTINUED'
            when not is_new_going_on then 'TAKEOVER'
            else 'DIFFERENT'
        end as verdict
    from evidence
),
ranked as (
    select
        old_symbol, new_symbol, changed_on, first_load_id, n_steps, n_equal, is_tail, verdict,
        verdict in ('SILENT', 'CONTINUED', 'SAME_HISTORY', 'TAKEOVER') as is_believed,
        row_number() over (
            partition by old_symbol, changed_on, verdict in ('SILENT', 'CONTINUED', 'SAME_HISTORY', 'TAKEOVER')
            order by n_equal desc, new_symbol
        ) as choice
    from judged
)
select
    old_symbol, new_symbol, changed_on, first_load_id,
    case when is_believed and choice > 1 then 'AMBIGUOUS' else verdict end as verdict,
    is_believed and choice = 1 as is_applied,
    n_steps, n_equal,
    is_tail and is_believed and choice = 1 as is_tail
from ranked
order by old_symbol, new_symbol;
