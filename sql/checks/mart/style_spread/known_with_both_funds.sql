-- A spread is known exactly when both funds traded at both ends of an unbroken horizon.
-- fails after:
update mart.style_spread set n_used = 1, n_missing = 1 where spread_log is not null;
select session, spread_id, horizon_sessions, n_used, n_missing, null_reason
from mart.style_spread
where n_used + n_missing <> n_expected or (spread_log is not null and n_used < n_expected)
