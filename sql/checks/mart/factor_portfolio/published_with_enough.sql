-- A return stands for at least coverage.min_w of the weight that is expected, of equal weights for coverage.min_n of the names (0.4).
-- fails after:
update mart.factor_portfolio set coverage_w = 0.5, coverage_n = 0.5 where ret is not null;
with param as (
    select
        max(value) filter (where name = 'coverage.min_n') as min_n,
        max(value) filter (where name = 'coverage.min_w') as min_w
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
)
select session, factor_id, variant, portfolio, ret, coverage_n, coverage_w
from mart.factor_portfolio
cross join param
where session >= $first and ret is not null
    and case when variant in ('cap90', 'nyse', 'univ') then coalesce(coverage_w < min_w, true) else coalesce(coverage_n < min_n, true) end
