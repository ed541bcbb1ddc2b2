-- One-way turnover lies between 0 and 1, and belongs to a portfolio that is formed.
-- fails after:
update core.factor_turnover set turnover_one_way = 2;
select turnover.formation_session, turnover.factor_id, turnover.variant, turnover.portfolio, turnover.turnover_one_way
from core.factor_turnover as turnover
where turnover.formation_session >= $first
    and (
        turnover.turnover_one_way not between 0 and 1 + 1e-12
        or not exists (
            select 1
            from mart.factor_holding as holding
            where holding.formation_session = turnover.formation_session and holding.factor_id = turnover.factor_id
                and holding.variant = turnover.variant and holding.portfolio = turnover.portfolio
        )
    )
