-- A known spread is a record of its own history or names an earlier session that was as wide.
-- fails after:
update mart.style_spread set is_record = not is_record;
select session, spread_id, horizon_sessions, is_record, widest_since, history_from
from mart.style_spread
where (spread_log is null) <> (is_record is null)
    or is_record <> (widest_since is null)
    or widest_since >= session
    or widest_since < history_from
