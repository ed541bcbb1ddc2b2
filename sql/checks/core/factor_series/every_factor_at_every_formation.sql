-- Every factor is there at every formation from the market's first session on, in every variant.
-- fails after:
delete from core.factor_series where formation_session = (select max(formation_session) from core.factor_series) and variant = 'univ';
select session.session as formation_session, factor.factor_id, factor.variant
from core.session as session
cross join core.factor as factor
left join core.factor_series as series
    on series.formation_session = session.session and series.factor_id = factor.factor_id and series.variant = factor.variant
where session.is_month_end and session.session >= (select min(session) from core.member_count) and series.factor_id is null
