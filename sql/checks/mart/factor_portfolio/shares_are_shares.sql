-- Coverage and one-way turnover lie between 0 and 1, and no long-only return is below -100 %.
-- fails after:
update mart.factor_portfolio set coverage_w = coverage_w + 1, turnover_one_way = 2;
select session, factor_id, variant, portfolio, ret, coverage_w, turnover_one_way
from mart.factor_portfolio
where session >= $first
    and (coverage_w not between 0 and 1 + 1e-12 or turnover_one_way not between 0 and 1 + 1e-12 or ret < -1 or not isfinite(ret))
