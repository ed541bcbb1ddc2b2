-- A change of the vendor's share basis moves no number here.
-- fails after:
insert into ops.restatement by name
select
    session as first_session, session as last_session, 1 as n_sessions, 'X' as symbol, 'BASIS_CHANGE' as kind, 'close' as item,
    'RECOMPUTED' as effect, 'x' as note, 'x' as source, 'x' as load_id, timestamp '2020-01-01' as fetched_at
from core.session
order by session
limit 1;
select symbol, first_session, load_id, effect
from ops.restatement
where kind = 'BASIS_CHANGE' and effect <> 'NONE'
