-- One row is one spell of a company in a universe or cohort, half-open in sessions, whatever number of its lines is in.
--
-- Where companies are counted (multiples, weights, reports) a company with two lines in a cohort counts once (methodology B.6).
-- A spell ends where the set of its lines, or what is known of them, changes; spells of one company never overlap.
-- key: universe_id, issuer_id, valid_from
create table core.issuer_membership (
    universe_id varchar not null,       -- as in core.membership
    issuer_id integer not null,         -- the company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out, or of the next spell; NULL while in
    n_lines integer not null check (n_lines > 0), -- its lines that are in
    bias_label varchar not null,        -- worst label of those lines (B.7)
    pit_grade varchar not null          -- worst grade of those lines' membership
);

insert into core.issuer_membership by name
with boundary as (
    select universe_id, issuer_id, valid_from as at_session
    from core.membership
    union
    select universe_id, issuer_id, valid_to as at_session
    from core.membership
    where valid_to is not null
),
spell as (
    select
        universe_id,
        issuer_id,
        at_session as valid_from,
        lead(at_session) over (partition by universe_id, issuer_id order by at_session) as valid_to
    from boundary
)
select
    spell.universe_id,
    spell.issuer_id,
    spell.valid_from,
    spell.valid_to,
    cast(count(distinct line.security_id) as integer) as n_lines,
    max_by(label.bias_label, label.badness) as bias_label,
    max(line.pit_grade) as pit_grade
from spell
join core.membership as line
    on line.universe_id = spell.universe_id
    and line.issuer_id = spell.issuer_id
    and line.valid_from <= spell.valid_from
    and (line.valid_to is null or spell.valid_from < line.valid_to)
join core.bias_label as label on label.bias_label = line.bias_label
group by spell.universe_id, spell.issuer_id, spell.valid_from, spell.valid_to;
