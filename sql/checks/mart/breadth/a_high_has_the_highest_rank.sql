-- A 5-year high has nothing above it: no other session of the window may push its rank below the middle of its ties.
-- fails after:
update mart.breadth set pct_above_50_is_5y_high = true, pct_above_50_percentile_5y = 0.1 where session = (select max(session) from mart.breadth);
select universe_id, session, basis, pct_above_50_percentile_5y, pct_above_200_percentile_5y, nh_share_percentile_5y
from mart.breadth
where (pct_above_50_is_5y_high and pct_above_50_percentile_5y < 0.5)
    or (pct_above_200_is_5y_high and pct_above_200_percentile_5y < 0.5)
    or (nh_share_is_5y_high and nh_share_percentile_5y < 0.5)
