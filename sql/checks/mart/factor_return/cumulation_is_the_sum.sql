-- The headline cumulation is the sum of the returns so far.
-- fails after:
update mart.factor_return set cumulative_sum = cumulative_sum + 0.01;
select factor_id, variant, max(session) as session, sum(ret) as total, max_by(cumulative_sum, session) as cumulative_sum
from mart.factor_return
group by factor_id, variant
having abs(coalesce(sum(ret), 0) - max_by(cumulative_sum, session)) > 1e-9 * greatest(1, sum(abs(ret)))
