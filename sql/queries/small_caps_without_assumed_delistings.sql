-- How much of the small-cap return rests on assumed delisting returns? Each year with them and without.
with small as (
    select
        universe_id, year(session) as year, session, n_assumed, is_assumption_material, greatest(assumed_w, ew_assumed_w) as assumed_w,
        cw_return, cw_return_ex_assumed, ew_return, ew_return_ex_assumed, history_label, pit_grade
    from mart.breadth
    where basis = 'total' and universe_id in ('RANK2000', 'SMALL', 'SP600')
),
yearly as (
    select
        universe_id, year,
        count(ew_return) as n_sessions,
        sum(n_assumed) as n_assumed,
        count_if(is_assumption_material) as n_sessions_material,
        max(assumed_w) as largest_assumed_w,
        product(1 + cw_return) - 1 as cw_return,
        product(1 + cw_return_ex_assumed) - 1 as cw_return_ex_assumed,
        product(1 + ew_return) - 1 as ew_return,
        product(1 + ew_return_ex_assumed) - 1 as ew_return_ex_assumed,
        max_by(history_label, session) as bias_label,
        max(pit_grade) as pit_grade
    from small
    group by universe_id, year
)
select
    universe_id, year, n_sessions, n_assumed, n_sessions_material, largest_assumed_w,
    cw_return, cw_return_ex_assumed, cw_return - cw_return_ex_assumed as cw_from_assumptions,
    ew_return, ew_return_ex_assumed, ew_return - ew_return_ex_assumed as ew_from_assumptions,
    bias_label, pit_grade
from yearly
where n_sessions > 0
order by universe_id, year
