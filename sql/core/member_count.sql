-- One row is how many lines one universe should have on one session, with or without a price, and how well that is known.
--
-- Lists reach back further than prices: rows begin with the first session that has a price at all, as there is nothing to count before.
-- key: universe_id, session
create table core.member_count (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- trading date; members of that session count
    n_expected integer not null,        -- member lines, and list entries without a price line
    member_label varchar not null,      -- worst label of the stays themselves: PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    member_grade varchar not null       -- worst grade of the stays (0.3)
);

insert into core.member_count by name
-- Members by label and grade between two changes of a list: a sum of comings and goings, where sessions times stays would be billions.
with change as (
    select universe_id, bias_label, pit_grade, valid_from as session, 1 as change from core.membership
    union all
    select universe_id, bias_label, pit_grade, valid_to, -1 from core.membership where valid_to is not null
),
spell as (
    select
        universe_id, bias_label, pit_grade, session as valid_from, lead(session) over label as valid_to,
        sum(sum(change)) over (label rows between unbounded preceding and current row) as n_members
    from change
    group by universe_id, bias_label, pit_grade, session
    window label as (partition by universe_id, bias_label, pit_grade order by session)
),
member as (
    select
        spell.universe_id,
        session.session,
        sum(spell.n_members) as n_members,
        max_by(label.bias_label, label.badness) as member_label,
        max(spell.pit_grade) as member_grade
    from core.session
    join spell on session.session >= spell.valid_from and (spell.valid_to is null or session.session < spell.valid_to)
    join core.bias_label as label on label.bias_label = spell.bias_label
    where spell.n_members > 0 and session.session >= $first and session.session <= $last
        and session.session >= (select min(session) from core.daily_price)
    group by spell.universe_id, session.session
),
gap as (
    select gap.universe_id, session.session, count(*) as n_gaps
    from core.session
    join core.membership_gap as gap on session.session >= gap.valid_from and (gap.valid_to is null or session.session < gap.valid_to)
    where session.session >= $first and session.session <= $last
    group by gap.universe_id, session.session
)
select
    member.universe_id,
    member.session,
    member.n_members + coalesce(gap.n_gaps, 0) as n_expected,
    member.member_label,
    member.member_grade
from member
left join gap on gap.universe_id = member.universe_id and gap.session = member.session
order by member.session, member.universe_id;
