-- The log spread and the difference in points have one sign, and both come from the two returns.
-- fails after:
update mart.style_spread set spread_log = -spread_log where horizon_sessions = 21;
select session, spread_id, horizon_sessions, spread_log, spread_pp
from mart.style_spread
where spread_log is not null
    and not (abs(spread_pp - (long_return - short_return)) <= 1e-12 and abs(spread_log - ln((1 + long_return) / (1 + short_return))) <= 1e-9)
