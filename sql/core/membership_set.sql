-- One row is one spell of a security during which it is in the same universes, half-open in sessions.
--
-- A line is in several universes, and most lines are in the same ones as many others. Sums over a universe are made
-- of sums over the few dozen sets of equal stays: every line is then counted once and not once a universe.
-- A cohort that is named by companies counts companies (FIXED, B.4): one line of each, the primary one where it is in.
-- key: security_id, valid_from
create table core.membership_set (
    security_id integer not null,       -- the member line
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out, or of the next spell; NULL while in
    universe_ids varchar[] not null,    -- the universes of its stays in core.membership, sorted
    pit_grades varchar[] not null,      -- grades of these stays, in the same order
    counted_ids varchar[] not null,     -- those of the universes in whose breadth the line is counted
    counted_grades varchar[] not null   -- grades of these stays, in the same order
);

insert into core.membership_set by name
with company_line as (
    select stay.universe_id, stay.security_id, stay.issuer_id, stay.valid_from, stay.valid_to, coalesce(line.is_primary, false) as is_primary
    from core.membership as stay
    join raw.cohort_rule as rule on rule.cohort_id = stay.universe_id
    left join core.line as line on line.security_id = stay.security_id
    where rule.kind = 'FIXED' and rule.load_id = (select max(load_id) from raw.cohort_rule)
),
-- Stays of other lines that speak for the company of a line.
spoken_for as (
    select
        line.universe_id, line.security_id, speaker.valid_from, coalesce(speaker.valid_to, date '9999-12-31') as valid_to
    from company_line as line
    join company_line as speaker
        on speaker.universe_id = line.universe_id and speaker.issuer_id = line.issuer_id and speaker.security_id <> line.security_id
        and speaker.is_primary >= line.is_primary
        and (speaker.is_primary > line.is_primary or speaker.security_id < line.security_id)
),
boundary as (
    select security_id, valid_from as at_session from core.membership
    union
    select security_id, valid_to as at_session from core.membership where valid_to is not null
    union
    select security_id, valid_from from spoken_for
    union
    select security_id, valid_to from spoken_for where valid_to < date '9999-12-31'
),
spell as (
    select security_id, at_session as valid_from, lead(at_session) over (partition by security_id order by at_session) as valid_to
    from boundary
),
held as (
    select
        spell.security_id, spell.valid_from, spell.valid_to, stay.universe_id, stay.pit_grade,
        not exists (
            select 1
            from spoken_for
            where spoken_for.universe_id = stay.universe_id and spoken_for.security_id = spell.security_id
                and spoken_for.valid_from <= spell.valid_from and spell.valid_from < spoken_for.valid_to
        ) as is_counted
    from spell
    join core.membership as stay
        on stay.security_id = spell.security_id
        and stay.valid_from <= spell.valid_from
        and (stay.valid_to is null or spell.valid_from < stay.valid_to)
)
select
    security_id,
    valid_from,
    valid_to,
    list(universe_id order by universe_id, pit_grade) as universe_ids,
    list(pit_grade order by universe_id, pit_grade) as pit_grades,
    coalesce(list(universe_id order by universe_id, pit_grade) filter (where is_counted), []) as counted_ids,
    coalesce(list(pit_grade order by universe_id, pit_grade) filter (where is_counted), []) as counted_grades
from held
group by security_id, valid_from, valid_to
order by security_id, valid_from;
