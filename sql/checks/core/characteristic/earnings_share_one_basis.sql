-- Street and GAAP earnings are never mixed in one cross-section.
-- fails after:
update core.characteristic set basis = case basis when 'gaap' then 'street' else 'gaap' end
where characteristic = 'earnings_yield'
    and security_id = (select min(security_id) from core.characteristic where characteristic = 'earnings_yield' and basis is not null);
select formation_session, count(distinct basis) as n_bases
from core.characteristic
where formation_session >= $first and characteristic = 'earnings_yield'
group by formation_session
having count(distinct basis) > 1
