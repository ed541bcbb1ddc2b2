-- One row is the end of one line as sources tell it: its last session, why, and the return that followed if one is told (A.5).
--
-- What the latest load says about the line's last symbol counts; the other symbols did not end. A line whose bars merely stop has
-- not ended: only a source's last_session ends it, or another company that has its symbol (core.symbol_reuse). A move to another
-- exchange is no end. Where a source gives up a symbol that stopped answering (A.9), nobody knows when it ended: its line is there, and
-- missing, until the session before the decision, so that no row of the past moves; the return is booked on the session of the decision.
-- may be empty: no source may tell of an end
-- key: security_id
create table core.line_end (
    security_id integer not null,       -- the line
    session date not null,              -- last trading session; of a line that was given up the session before the decision
    reason varchar not null,            -- why it ended (methodology A.5); UNKNOWN where nobody says
    known_return double,                -- return on the session after, decimal; NULL where nobody says
    decided_on date,                    -- date of the decision to give the line up; NULL where its end is told
    last_session date                   -- last trading date as told, also of a line that was given up
);

insert into core.line_end by name
with told as (
    select security_id, last_session, delist_reason, delist_return, decided_on
    from core.line_listing
    where is_last
    qualify row_number() over (partition by security_id order by told_on desc) = 1
),
replaced as (
    select last_symbol.security_id, max(reuse.last_before) as last_session
    from core.symbol_reuse as reuse
    join core.line_symbol as spell
        on spell.symbol = reuse.symbol and spell.valid_from <= reuse.last_before and reuse.last_before < spell.valid_to
    join core.last_symbol as last_symbol on last_symbol.security_id = spell.security_id and last_symbol.symbol = reuse.symbol
    where reuse.is_applied
    group by last_symbol.security_id
),
life as (
    select
        coalesce(told.security_id, replaced.security_id) as security_id,
        coalesce(told.last_session, replaced.last_session) as last_session,
        coalesce(case when told.last_session is not null then told.delist_reason end, 'UNKNOWN') as reason,
        case when told.last_session is not null then told.delist_return end as known_return,
        -- Another company under the symbol dates the end after all.
        case when told.last_session is not null and replaced.last_session is null then told.decided_on end as decided_on
    from told
    full join replaced on replaced.security_id = told.security_id
)
select
    life.security_id, max(session.session) as session, life.reason, life.known_return, life.decided_on, life.last_session
from life
join core.session as session on session.session <= coalesce(life.decided_on - 1, life.last_session)
where life.reason <> 'EXCHANGE_MOVE' and coalesce(life.decided_on - 1, life.last_session) < (select max(session) from core.session)
group by life.security_id, life.reason, life.known_return, life.decided_on, life.last_session
order by life.security_id;
