-- What share of each universe closed above its 200-day average on the last ten sessions?
with recent as (
    select distinct session from mart.breadth order by session desc limit 10
)
select
    breadth.session,
    breadth.universe_id,
    breadth.pct_above_200,
    breadth.pct_above_200_percentile_5y,
    breadth.n_above_200,
    breadth.n_eligible_200,
    breadth.n_expected,
    breadth.null_reason['pct_above_200'] as null_reason,
    breadth.bias_label,
    breadth.pit_grade
from mart.breadth as breadth
join recent using (session)
where breadth.basis = 'price'
order by breadth.session desc, breadth.universe_id
