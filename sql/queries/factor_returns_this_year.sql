-- What did momentum, size and value earn in the latest year with returns, and how much of each was priced?
with year as (
    select date_trunc('year', max(session)) as first_day, max(session) as last_day from mart.factor_return where ret is not null
)
select
    factor_return.factor_id,
    factor_return.variant,
    min(factor_return.session) as from_session,
    max(factor_return.session) as to_session,
    sum(factor_return.ret) as sum_of_returns,
    sum(factor_return.ret_ex_assumed) as sum_ex_assumed,
    min(factor_return.ret) as worst_session,
    max(factor_return.ret) as best_session,
    count(factor_return.ret) as n_sessions,
    count(*) - count(factor_return.ret) as n_sessions_without,
    max(factor_return.null_reason) as null_reason,
    min(factor_return.n_used) as least_names,
    min(factor_return.coverage_w) as least_coverage_w,
    avg(factor_return.turnover_one_way) as turnover_a_month,
    max(factor_return.universe_id) as universe_id,
    max(factor_return.pit_grade) as pit_grade,
    max_by(label.bias_label, label.badness) as bias_label
from mart.factor_return as factor_return
join year on factor_return.session between year.first_day and year.last_day
left join core.bias_label as label on label.bias_label = factor_return.bias_label
where factor_return.variant in ('cap90', 'list_ew')
group by factor_return.factor_id, factor_return.variant
order by factor_return.factor_id, factor_return.variant
