-- One row is one stay of a security in a universe or cohort, half-open in sessions: in on t iff valid_from <= t < valid_to.
--
-- A member on t earns the return of t. Given lists come from core.list_membership, universes by size from core.rank_membership, tested
-- ones from core.screen_membership, combined ones from core.cohort_membership. A line that does not trade (core.halt) stays in: it is
-- expected and missing, and has no return until it trades again (0.4, 0.6). What was chosen from all lines is today's list of
-- survivors until the first of them is seen to end: only then does the market tell of lines that are gone. What was chosen for what it
-- did later is HINDSIGHT_SELECTED up to the day of the choice. A stay is cut where its label changes; why it ended is told in
-- core.membership_exit.
-- key: universe_id, security_id, valid_from
create table core.membership (
    universe_id varchar not null,       -- SP500, MAG7, TOP7, SP493, LARGE, SMALL, RANK1000, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    known_from date not null,           -- session from which the stay was known
    bias_label varchar not null,        -- PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    pit_grade varchar not null          -- grade of the membership itself; D where it is hindsight
);

insert into core.membership by name
with said as (
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.list_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.rank_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.screen_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.cohort_membership
),
calendar as (
    select session from raw.calendar_session where load_id = (select max(load_id) from raw.calendar_session)
),
first_end as (
    select min(calendar.session) as seen_on
    from calendar
    where calendar.session > (select min(delist_session) from core.security where kind = 'EQUITY')
),
cohort as (
    select rule.cohort_id, rule.bias_label, min(calendar.session) filter (where calendar.session >= rule.hindsight_before) as chosen_on
    from raw.cohort_rule as rule
    left join calendar on rule.hindsight_before is not null
    where rule.load_id = (select max(load_id) from raw.cohort_rule)
    group by rule.cohort_id, rule.bias_label
),
stay as (
    select
        said.universe_id, said.security_id, said.issuer_id, said.pit_grade,
        said.valid_from, coalesce(said.valid_to, date '9999-12-31') as valid_to,
        case when best.badness > told.badness then best.bias_label else told.bias_label end as bias_label,
        coalesce(cohort.chosen_on, date '1900-01-01') as chosen_on,
        case when said.bias_label is null then coalesce(first_end.seen_on, date '9999-12-31') else date '1900-01-01' end as survivors_until
    from said
    cross join first_end
    left join cohort on cohort.cohort_id = said.universe_id
    join core.bias_label as best on best.bias_label = coalesce(cohort.bias_label, 'PIT_FULL')
    join core.bias_label as told on told.bias_label = coalesce(said.bias_label, 'PIT_FULL')
),
-- Up to three parts of a stay: chosen in hindsight, survivors of today, as the list says.
labelled as (
    select
        universe_id, security_id, issuer_id, valid_from, least(valid_to, chosen_on) as valid_to,
        'HINDSIGHT_SELECTED' as bias_label, 'D' as pit_grade
    from stay
    union all
    select
        universe_id, security_id, issuer_id, greatest(valid_from, chosen_on), least(valid_to, survivors_until),
        'CURRENT_LIST', pit_grade
    from stay
    union all
    select
        universe_id, security_id, issuer_id, greatest(valid_from, chosen_on, survivors_until), valid_to,
        bias_label, pit_grade
    from stay
),
numbered as (
    select
        *,
        coalesce(valid_from > max(valid_to) over (
            partition by universe_id, security_id, bias_label, pit_grade order by valid_from, valid_to
            rows between unbounded preceding and 1 preceding
        ), true) as is_new_stay
    from labelled
    where valid_from < valid_to
),
merged as (
    select
        *,
        count(*) filter (where is_new_stay) over (
            partition by universe_id, security_id, bias_label, pit_grade order by valid_from, valid_to
            rows between unbounded preceding and current row
        ) as stay_no
    from numbered
)
select
    universe_id, security_id, issuer_id, min(valid_from) as valid_from,
    case when max(valid_to) < date '9999-12-31' then max(valid_to) end as valid_to,
    min(valid_from) as known_from, bias_label, pit_grade
from merged
group by universe_id, security_id, issuer_id, bias_label, pit_grade, stay_no
order by universe_id, security_id, valid_from;
