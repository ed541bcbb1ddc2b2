-- Portfolios are formed on the last session of a month.
-- fails after:
update mart.factor_holding set formation_session = formation_session - 1;
select distinct formation_session
from mart.factor_holding
where formation_session >= $first
    and formation_session not in (select session from core.session where is_month_end)
