-- The lines of a company that have a part share all of it; a part has a price, and who leaves has none.
-- fails after:
update core.equal_weight_line set company_share = company_share / 2;
select universe_id, session, issuer_id, sum(company_share) as shared
from core.equal_weight_line
where session >= $first
group by universe_id, session, issuer_id
having not abs(coalesce(sum(company_share), 1) - 1) <= 1e-12
    or count_if(company_share is not null and (company_share < 0 or not is_in_after or coalesce(close_e9, 0) <= 0)) > 0
