-- One row is one line's return after its last trade (A.5), on the session on which it is booked.
--
-- A table of its own so that windowed tables read a delisting when it happens, and not core.security, where it changes the row of a first session long ago.
-- may be empty: every line may still trade
-- key: security_id
create table core.delisting (
    security_id integer not null,       -- the line that ended
    session date not null,              -- the session after the last trade, of a line that was given up that of the decision: the return belongs to it
    delist_return double not null,      -- decimal; -1 when nothing was paid
    is_assumed boolean not null,        -- true when the return is the assumption of A.5
    last_session date                   -- last trading session of a line that was given up long after it: its last price is the weight; NULL otherwise
);

insert into core.delisting by name
select
    security.security_id,
    session.session,
    security.delist_return,
    security.is_delist_return_assumed as is_assumed,
    case when told.decided_on is not null then told.last_session end as last_session
from core.security
left join core.line_end as told on told.security_id = security.security_id
join core.session on session.previous_session = security.delist_session
where security.delist_return is not null
order by session.session, security.security_id;
