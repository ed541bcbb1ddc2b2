-- One row is one spell of a security during which it is in the same universes, half-open in sessions.
--
-- A line is in several universes, and most lines are in the same ones as many others. Sums over a universe are made
-- of sums over the few dozen sets of equal stays: every line is then counted once and not once a universe.
-- key: security_id, valid_from
create table core.membership_set (
    security_id integer not null,       -- the member line
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out, or of the next spell; NULL while in
    universe_ids varchar[] not null,    -- the universes of its stays in core.membership, sorted
    pit_grades varchar[] not null       -- grades of these stays, in the same order
);

insert into core.membership_set by name
with boundary as (
    select security_id, valid_from as at_session from core.membership
    union
    select security_id, valid_to as at_session from core.membership where valid_to is not null
),
spell as (
    select security_id, at_session as valid_from, lead(at_session) over (partition by security_id order by at_session) as valid_to
    from boundary
)
select
    spell.security_id,
    spell.valid_from,
    spell.valid_to,
    list(stay.universe_id order by stay.universe_id, stay.pit_grade) as universe_ids,
    list(stay.pit_grade order by stay.universe_id, stay.pit_grade) as pit_grades
from spell
join core.membership as stay
    on stay.security_id = spell.security_id
    and stay.valid_from <= spell.valid_from
    and (stay.valid_to is null or spell.valid_from < stay.valid_to)
group by spell.security_id, spell.valid_from, spell.valid_to
order by spell.security_id, spell.valid_from;
