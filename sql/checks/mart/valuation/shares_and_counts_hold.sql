-- Shares and coverages lie within 0 and 1, multiples are above zero, and used and missing add up to the members.
-- fails after:
update mart.valuation set value = -abs(value) - 1 where session = (select max(session) from mart.valuation where value is not null);
select cohort_id, session, measure, basis, value, n_members, n_used, n_missing, coverage_n, coverage_w
from mart.valuation
where session >= $first
    and (
        n_used + n_missing <> n_members
        or n_missing < 0
        or coverage_n not between 0 and 1
        or coverage_w not between 0 and 1
        or (measure in ('loss_share_n', 'loss_share_w') and value not between 0 and 1)
        or (measure not in ('loss_share_n', 'loss_share_w', 'ey_incl') and value <= 0)
    )
