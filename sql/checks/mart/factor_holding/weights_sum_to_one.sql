-- The weights of a portfolio sum to one at formation.
-- fails after:
update mart.factor_holding set weight = weight / 2;
select formation_session, factor_id, variant, portfolio, sum(weight) as weight
from mart.factor_holding
where formation_session >= $first
group by formation_session, factor_id, variant, portfolio
having abs(sum(weight) - 1) > 1e-9
