-- One row is one stay of a security in a universe or cohort, half-open in sessions: in on t iff valid_from <= t < valid_to.
--
-- A member on t earns the return of t. Given lists come from core.list_membership, universes by size from core.rank_membership;
-- MINUS and AND combine two of these by company, so that every class of a company is in or out together. What was chosen for
-- what it did later is HINDSIGHT_SELECTED up to the day on which it was chosen: a stay is cut there.
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
with rule as (
    select cohort_id, kind, base_cohort_id, other_cohort_id, hindsight_before
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
plain as (
    select universe_id, security_id, issuer_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, bias_label, pit_grade
    from core.list_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, coalesce(valid_to, date '9999-12-31'), bias_label, pit_grade
    from core.rank_membership
),
operand as (
    select rule.cohort_id, rule.kind, stay.issuer_id, stay.valid_from, stay.valid_to, stay.bias_label, stay.pit_grade
    from rule
    join plain as stay on stay.universe_id = rule.other_cohort_id
    where rule.kind in ('MINUS', 'AND')
),
base as (
    select rule.cohort_id, rule.kind, stay.security_id, stay.issuer_id, stay.valid_from, stay.valid_to, stay.bias_label, stay.pit_grade
    from rule
    join plain as stay on stay.universe_id = rule.base_cohort_id
    where rule.kind in ('MINUS', 'AND')
),
-- Every date on which the answer can change cuts a stay of the base into pieces.
cut as (
    select cohort_id, security_id, valid_from as stay_from, valid_from as cut_on from base
    union
    select base.cohort_id, base.security_id, base.valid_from, operand.valid_from
    from base
    join operand on operand.cohort_id = base.cohort_id and operand.issuer_id = base.issuer_id
    where operand.valid_from > base.valid_from and operand.valid_from < base.valid_to
    union
    select base.cohort_id, base.security_id, base.valid_from, operand.valid_to
    from base
    join operand on operand.cohort_id = base.cohort_id and operand.issuer_id = base.issuer_id
    where operand.valid_to > base.valid_from and operand.valid_to < base.valid_to
),
piece as (
    select
        base.cohort_id, base.kind, base.security_id, base.issuer_id, base.bias_label, base.pit_grade,
        cut.cut_on as valid_from,
        coalesce(lead(cut.cut_on) over (partition by cut.cohort_id, cut.security_id, cut.stay_from order by cut.cut_on), base.valid_to) as valid_to
    from cut
    join base on base.cohort_id = cut.cohort_id and base.security_id = cut.security_id and base.valid_from = cut.stay_from
),
combined as (
    select
        piece.cohort_id as universe_id, piece.security_id, piece.issuer_id, piece.valid_from, piece.valid_to,
        least(piece.bias_label, min(operand.bias_label) filter (where piece.kind = 'AND')) as bias_label,
        greatest(piece.pit_grade, max(operand.pit_grade) filter (where piece.kind = 'AND')) as pit_grade
    from piece
    left join operand
        on operand.cohort_id = piece.cohort_id and operand.issuer_id = piece.issuer_id
        and operand.valid_from <= piece.valid_from and piece.valid_from < operand.valid_to
    group by piece.cohort_id, piece.kind, piece.security_id, piece.issuer_id, piece.valid_from, piece.valid_to, piece.bias_label, piece.pit_grade
    having (piece.kind = 'AND') = (count(operand.issuer_id) > 0)
),
stay as (
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from plain
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from combined
),
chosen as (
    select rule.cohort_id as universe_id, min(session.session) as chosen_on
    from rule
    join raw.calendar_session as session on session.session >= rule.hindsight_before
    where session.load_id = (select max(load_id) from raw.calendar_session)
    group by rule.cohort_id
),
labelled as (
    select
        stay.universe_id, stay.security_id, stay.issuer_id,
        greatest(stay.valid_from, coalesce(chosen.chosen_on, stay.valid_from)) as valid_from, stay.valid_to,
        stay.bias_label, stay.pit_grade
    from stay
    left join chosen on chosen.universe_id = stay.universe_id
    where chosen.chosen_on is null or stay.valid_to > chosen.chosen_on
    union all
    select
        stay.universe_id, stay.security_id, stay.issuer_id, stay.valid_from, least(stay.valid_to, chosen.chosen_on),
        'HINDSIGHT_SELECTED', 'D'
    from stay
    join chosen on chosen.universe_id = stay.universe_id and stay.valid_from < chosen.chosen_on
),
numbered as (
    select
        *,
        coalesce(valid_from > max(valid_to) over (
            partition by universe_id, security_id, bias_label, pit_grade order by valid_from, valid_to
            rows between unbounded preceding and 1 preceding
        ), true) as is_new_stay
    from labelled
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
