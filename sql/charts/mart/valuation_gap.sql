-- P/E with losses of one cohort over that of another
-- unit: ratio; 0.5 is half
with gap as (
    select session, cohort_a, cohort_b, basis, cohort_a || ' / ' || cohort_b || ', ' || basis as series, ratio as value
    from mart.valuation_gap
    where measure = 'pe_incl'
),
shown as (
    select series, row_number() over (order by count(*) desc, series) as position
    from gap
    where value is not null
    group by series
    order by position
    limit 3
)
select gap.session, gap.series, gap.value
from gap
join shown using (series)
where gap.session > (select max(session) from gap) - 730
order by shown.position, gap.session
