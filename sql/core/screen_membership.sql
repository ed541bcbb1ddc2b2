-- One row is one stay of a security in a SCREEN cohort: tested at month ends, in or out from the session after (B.4).
--
-- A line that ends leaves after the session that books its delisting return. A stay ends where its label or its grade changes. A cohort
-- without a base is chosen among the companies that have a cap: a month end on which nobody has one, where others had before, chooses
-- nobody and lets nobody go.
-- may be empty: nobody may pass the tests
-- key: universe_id, security_id, valid_from
create table core.screen_membership (
    universe_id varchar not null,       -- CYC_VALUE, REG_BANKS, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    bias_label varchar,                 -- label of its stay in the base (B.7); NULL: chosen from all lines, see core.membership
    pit_grade varchar not null          -- as in core.screened
);

insert into core.screen_membership by name
with calendar as (
    select session, lead(session) over (order by session) as next_session, lead(session, 2) over (order by session) as after_next
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
formation as (
    select
        rule.cohort_id, month_end.session, calendar.next_session as valid_from,
        lead(calendar.next_session) over (partition by rule.cohort_id order by month_end.session) as valid_to,
        row_number() over (partition by rule.cohort_id order by month_end.session) as formation_no
    from raw.cohort_rule as rule
    join core.session as month_end on month_end.is_month_end
    join calendar on calendar.session = month_end.session
    where rule.kind = 'SCREEN' and rule.load_id = (select max(load_id) from raw.cohort_rule)
        and (
            rule.base_cohort_id is not null
            or month_end.session < coalesce((select min(session) from core.month_end_cap), date '9999-12-31')
            or month_end.session in (select session from core.month_end_cap)
        )
),
line_end as (
    select line.security_id, line.delist_session, calendar.after_next
    from core.security as line
    join calendar on calendar.session = line.delist_session
),
month as (
    select
        screened.cohort_id, screened.security_id, screened.issuer_id, screened.bias_label, screened.pit_grade,
        formation.formation_no, formation.valid_from,
        case when formation.valid_to is null or formation.valid_to > line_end.delist_session then line_end.after_next end as end_after,
        formation.valid_to
    from core.screened as screened
    join formation on formation.cohort_id = screened.cohort_id and formation.session = screened.formation_session
    left join line_end on line_end.security_id = screened.security_id
    where line_end.after_next is null or formation.valid_from < line_end.after_next
),
numbered as (
    select
        *,
        formation_no - row_number() over (
            partition by cohort_id, security_id, issuer_id, bias_label, pit_grade order by formation_no
        ) as stay_no
    from month
)
select
    cohort_id as universe_id, security_id, issuer_id, min(valid_from) as valid_from,
    nullif(coalesce(max(end_after), max(coalesce(valid_to, date '9999-12-31'))), date '9999-12-31') as valid_to,
    bias_label, pit_grade
from numbered
group by cohort_id, security_id, issuer_id, bias_label, pit_grade, stay_no
order by universe_id, security_id, valid_from;
