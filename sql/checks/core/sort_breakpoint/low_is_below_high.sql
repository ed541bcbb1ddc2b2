-- The low breakpoint of a sort is not above its high one, and both are real numbers.
-- fails after:
update core.sort_breakpoint set low_breakpoint = high_breakpoint + 1;
select formation_session, factor_id, variant, low_breakpoint, high_breakpoint
from core.sort_breakpoint
where formation_session >= $first and (low_breakpoint > high_breakpoint or not isfinite(low_breakpoint) or not isfinite(high_breakpoint))
