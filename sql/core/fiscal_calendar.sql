-- One row is one spell of dates in which an investor believed the quarters of a company to end in certain months (E.1).
--
-- Sources that tell a period by its label, or an announcement without its period, do not say when it ended. The filings do: an annual
-- report follows the end of its year by 20 to 100 days, a quarterly one by 10 to 50. Of the three sets of months in which quarters can
-- end, the one that the latest reports fit best is believed; calendar quarters where several fit alike, else the one with the shortest
-- way from end to report. Period ends that a source tells itself count likewise, announcements as long as nothing is filed. What a
-- report teaches holds from the day after it.
-- seldom empty: statements and announcements may be of symbols that are not ours
-- key: issuer_id, known_from
create table core.fiscal_calendar (
    issuer_id integer not null,         -- the company
    known_from date not null,           -- first date of the spell
    known_to date,                      -- first date of the next spell; NULL for the latest
    phase smallint not null check (phase between 0 and 2), -- quarters end in March, June, ... (0), January, April, ... (1) or February, May, ... (2)
    label_shift integer                 -- months from year 0 to the end of the quarter labelled n = 4 * year + quarter, less 3 * n; NULL while labels do not count alike
);

insert into core.fiscal_calendar by name
with param as (
    select
        max(value) filter (where name = 'ttm.match_min_days')::integer as match_days,
        max(value) filter (where name = 'fiscal.quarter_report_max_days')::integer as quarter_max_days,
        max(value) filter (where name = 'fiscal.year_report_min_days')::integer as year_min_days,
        max(value) filter (where name = 'fiscal.year_report_max_days')::integer as year_max_days,
        max(value) filter (where name = 'fiscal.memory_reports')::integer as memory,
        max(value) filter (where name = 'fiscal.min_alike_labels')::integer as min_alike,
        max(value) filter (where name = 'statement.lag_q_days')::integer as lag_q_days,
        max(value) filter (where name = 'statement.lag_fy_days')::integer as lag_fy_days
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
filed as (
    select
        line.issuer_id, statement.fiscal_period,
        coalesce(
            statement.known_on,
            statement.fiscal_period_end + case when statement.fiscal_period = 'Q' then param.lag_q_days else param.lag_fy_days end
        ) as told_on,
        case when statement.fiscal_label is null then last_day(statement.fiscal_period_end - 15) end as period_end,
        4 * cast(right(statement.fiscal_label, 4) as integer)
        + case when statement.fiscal_period = 'FY' then 4 else cast(substr(statement.fiscal_label, 2, 1) as integer) end as quarter_no
    from raw.statement as statement
    cross join param
    join core.line_symbol as holder
        on holder.symbol = statement.symbol and holder.valid_from <= coalesce(statement.known_on, statement.fiscal_period_end)
        and coalesce(statement.known_on, statement.fiscal_period_end) < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
),
announced as (
    select
        line.issuer_id, least(event.announced_on, event.observed_on) as told_on,
        case when event.fiscal_label is null then last_day(event.fiscal_period_end - 15) end as period_end,
        event.announced_on <= event.observed_on as is_past
    from raw.earnings_event as event
    join core.line_symbol as holder
        on holder.symbol = event.symbol and holder.valid_from <= event.observed_on and event.observed_on < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
),
first_filed as (
    select issuer_id, min(told_on) as told_on
    from (
        select issuer_id, told_on from filed union all select issuer_id, told_on from announced where period_end is not null
    ) as known
    group by issuer_id
),
-- Of several periods of one day the latest tells when it ended.
told as (
    select issuer_id, told_on, fiscal_period as kind, period_end, max(quarter_no) as quarter_no
    from filed
    group by issuer_id, told_on, fiscal_period, period_end
    union all
    select distinct announced.issuer_id, announced.told_on, 'A', announced.period_end, cast(null as integer)
    from announced
    left join first_filed on first_filed.issuer_id = announced.issuer_id
    where announced.period_end is not null or (announced.is_past and coalesce(announced.told_on < first_filed.told_on, true))
),
numbered as (
    select
        *, row_number() over life as n, told_on is distinct from lead(told_on) over life as is_last_of_day
    from told
    window life as (partition by issuer_id order by told_on, kind, period_end)
),
-- The latest quarter end before the report under each of the three sets; an announcement may follow within days.
distance as (
    select
        numbered.issuer_id, numbered.n, numbered.is_last_of_day, numbered.told_on, numbered.kind, numbered.period_end, numbered.quarter_no,
        phase.phase,
        last_day(latest.day - to_months(1 + (month(latest.day) + 11 - phase.phase) % 3)) as latest_end,
        last_day(numbered.told_on + 1 - to_months(1 + (month(numbered.told_on + 1) + 11 - phase.phase) % 3)) as newest_end
    from numbered
    cross join param
    cross join lateral (select numbered.told_on + 1 - case when numbered.kind = 'A' then 0 else param.match_days end as day) as latest
    cross join (select cast(unnest([0, 1, 2]) as smallint) as phase) as phase
),
fitted as (
    select
        distance.issuer_id, distance.n, distance.is_last_of_day, distance.told_on, distance.phase,
        -- Where a quarter of 16 weeks ended days before its report, the end by the month may lie after the real one.
        12 * year(distance.newest_end) + month(distance.newest_end) - 1 - 3 * distance.quarter_no as label_shift,
        case when distance.period_end is null then distance.told_on - distance.latest_end else 0 end as lag_days,
        case
            when distance.period_end is not null then month(distance.period_end) % 3 = distance.phase
            when distance.kind = 'FY' then distance.told_on - distance.latest_end between param.year_min_days and param.year_max_days
            else distance.told_on - distance.latest_end <= param.quarter_max_days
        end as is_fitting
    from distance
    cross join param
),
remembered as (
    select
        fitted.issuer_id, fitted.n, fitted.is_last_of_day, fitted.told_on, fitted.phase,
        count(*) filter (where not fitted.is_fitting) over latest as n_misses,
        sum(fitted.lag_days) over latest as lag_days
    from fitted
    cross join param
    window latest as (partition by fitted.issuer_id, fitted.phase order by fitted.n rows between param.memory - 1 preceding and current row)
),
believed as (
    select issuer_id, n, told_on, phase
    from remembered
    where is_last_of_day
    qualify row_number() over (partition by issuer_id, n order by n_misses, phase <> 0, lag_days, phase) = 1
),
labelled as (
    select
        fitted.issuer_id, fitted.n, fitted.phase, fitted.label_shift,
        row_number() over (partition by fitted.issuer_id, fitted.phase order by fitted.n) as label_no
    from fitted
    where fitted.label_shift is not null
),
alike as (
    select labelled.issuer_id, labelled.n, earlier.label_shift
    from labelled
    join believed on believed.issuer_id = labelled.issuer_id and believed.n = labelled.n and believed.phase = labelled.phase
    cross join param
    join labelled as earlier
        on earlier.issuer_id = labelled.issuer_id and earlier.phase = labelled.phase
        and earlier.label_no <= labelled.label_no and earlier.label_no > labelled.label_no - param.memory
    group by labelled.issuer_id, labelled.n, earlier.label_shift
    having count(*) >= max(param.min_alike) and 2 * count(*) > least(max(labelled.label_no), max(param.memory))
    qualify row_number() over (partition by labelled.issuer_id, labelled.n order by count(*) desc, earlier.label_shift desc) = 1
),
daily as (
    select believed.issuer_id, believed.told_on, believed.phase, alike.label_shift
    from believed
    left join alike on alike.issuer_id = believed.issuer_id and alike.n = believed.n
),
changed as (
    select issuer_id, told_on + 1 as known_from, phase, label_shift
    from daily
    qualify (phase, label_shift) is distinct from lag((phase, label_shift)) over (partition by issuer_id order by told_on)
)
select
    issuer_id, known_from, lead(known_from) over (partition by issuer_id order by known_from) as known_to, phase, label_shift
from changed
order by issuer_id, known_from;
