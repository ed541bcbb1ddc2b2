-- Factors: running sum of daily long less short returns in the last two years
-- unit: %
with recent as (
    select
        session, factor_id,
        case when ret is not null then
            100 * sum(ret) over (partition by factor_id order by session rows between unbounded preceding and current row)
        end as value
    from mart.factor_return
    where
        variant = 'cap90' and factor_id in ('UMD', 'SMB', 'HML_EP')
        and session > (select max(session) from mart.factor_return) - 730
),
name (factor_id, position, series) as (
    values ('UMD', 1, 'momentum (UMD)'), ('SMB', 2, 'size (SMB)'), ('HML_EP', 3, 'value (HML_EP)')
)
select recent.session, name.series, recent.value
from recent
join name using (factor_id)
where recent.factor_id in (select factor_id from recent where value is not null)
order by name.position, recent.session
