-- Names counted under a heading are among those counted under the wider one, and every expected line is counted once.
-- fails after:
update core.universe_breadth set n_untraded = n_untraded + 1 where session = (select max(session) from core.universe_breadth);
select universe_id, session, basis
from core.universe_breadth
where session >= $first
    and (
        n_advancing + n_declining + n_unchanged + n_untraded <> n_expected
        or n_used > n_expected
        or greatest(n_eligible_20, n_eligible_50, n_eligible_100, n_eligible_200, n_high_eligible, n_intraday_eligible) > n_used
        or n_above_20 > n_eligible_20
        or n_above_50 > n_eligible_50
        or n_above_100 > n_eligible_100
        or n_above_200 > n_eligible_200
        or n_new_high + n_new_low > n_high_eligible
        or greatest(n_intraday_high, n_intraday_low) > n_intraday_eligible
    )
