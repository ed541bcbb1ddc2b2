-- One row is one spell of a security under one symbol, so that lists which spell symbols of the day can be resolved (A.9).
--
-- A symbol that has bars, or that a listing names, is a security. A renamed symbol without bars of its own before the rename
-- is a spell of the security under its last symbol; when both have bars they stay two securities. A symbol that another
-- company left is a new security from then on. The last symbol also holds for earlier dates, as many lists spell the past
-- with the symbols of today, unless another security used it then.
-- key: symbol, valid_from
create table core.symbol_interval (
    security_id integer not null,       -- the security, numbered by the first load that mentions its last symbol, then the symbol
    symbol varchar not null,            -- the symbol it had
    valid_from date not null,           -- first date under the symbol; 1900-01-01: since ever
    valid_to date                       -- first date no longer under it; NULL for the last symbol
);

insert into core.symbol_interval by name
with recursive bar as (
    select symbol, min(load_id) as first_load, min(session) filter (where close > 0 or adj_close > 0) as first_session
    from raw.price_bar
    group by symbol
),
mention as (
    select symbol, min(first_load) as first_load
    from (select symbol, first_load from bar union all select symbol, load_id as first_load from raw.listing) as seen
    group by symbol
),
held as (
    select
        mention.symbol,
        cast(row_number() over (order by mention.first_load, mention.symbol) as integer) as security_id,
        coalesce(bar.first_session, date '9999-12-31') as first_session
    from mention
    left join bar on bar.symbol = mention.symbol
),
rename as (
    select old_symbol, new_symbol, arg_max(changed_on, load_id) as changed_on
    from raw.symbol_change
    where old_symbol <> new_symbol
    group by old_symbol, new_symbol
),
-- A rename counts when the old symbol has no bars from before it.
silent_rename as (
    select rename.old_symbol, rename.new_symbol, rename.changed_on
    from rename
    left join held on held.symbol = rename.old_symbol
    where coalesce(held.first_session, date '9999-12-31') >= rename.changed_on
),
follower as (
    select this.old_symbol, this.changed_on, next.new_symbol, next.changed_on as next_changed_on
    from silent_rename as this
    join silent_rename as next on next.old_symbol = this.new_symbol and next.changed_on > this.changed_on
    qualify row_number() over (partition by this.old_symbol, this.changed_on order by next.changed_on, next.new_symbol) = 1
),
chain as (
    select old_symbol, changed_on, new_symbol, old_symbol as step_symbol, changed_on as step_on, 1 as n_steps
    from silent_rename
    union all
    select chain.old_symbol, chain.changed_on, follower.new_symbol, chain.new_symbol, follower.next_changed_on, chain.n_steps + 1
    from chain
    join follower on follower.old_symbol = chain.step_symbol and follower.changed_on = chain.step_on
),
former as (
    select chain.old_symbol as symbol, chain.changed_on as valid_to, held.security_id, held.symbol as last_symbol
    from chain
    join held on held.symbol = chain.new_symbol
    qualify row_number() over (partition by chain.old_symbol, chain.changed_on order by chain.n_steps desc, held.security_id) = 1
),
former_spell as (
    select
        former.security_id,
        former.symbol,
        greatest(
            coalesce(lag(former.valid_to) over (partition by former.symbol order by former.valid_to), date '1900-01-01'),
            coalesce(
                (select max(rename.changed_on) from rename where rename.new_symbol = former.symbol and rename.changed_on < former.valid_to),
                date '1900-01-01'
            )
        ) as valid_from,
        former.valid_to
    from former
    where former.symbol <> former.last_symbol
),
last_spell as (
    select held.security_id, held.symbol, coalesce(max(former.valid_to), date '1900-01-01') as valid_from, cast(null as date) as valid_to
    from held
    left join former on former.symbol = held.symbol and former.last_symbol <> held.symbol
    group by held.security_id, held.symbol, held.first_session
    -- A listed symbol without a bar that was renamed away is no security of its own.
    having count(former.symbol) = 0 or held.first_session < date '9999-12-31'
)
select security_id, symbol, valid_from, valid_to from former_spell
union all
select security_id, symbol, valid_from, valid_to from last_spell
order by symbol, valid_from;
