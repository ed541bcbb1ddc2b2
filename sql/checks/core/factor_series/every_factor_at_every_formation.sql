-- A factor that has begun is there at every formation since, in every variant.
-- fails after:
delete from core.factor_series where formation_session = (select max(formation_session) from core.factor_series) and variant = 'univ';
with begun as (
    select factor_id, variant, min(formation_session) as since, count(*) as n_formations
    from core.factor_series
    group by factor_id, variant
)
select begun.factor_id, begun.variant, begun.since, begun.n_formations, count(session.session) as n_month_ends
from begun
join core.session as session on session.is_month_end and session.session >= begun.since
group by begun.factor_id, begun.variant, begun.since, begun.n_formations
having count(session.session) <> begun.n_formations
