-- What did a source say differently about the past, and what did that do to the tables?
select
    cast(fetched_at as date) as said_on, symbol, kind, item, first_session, last_session, n_sessions, old_value, new_value, effect, note
from ops.restatement
order by fetched_at desc, symbol, first_session, kind, item
limit 100
