-- One row is one stay of a security in a cohort that is combined of others: MINUS, AND, OR of lists and cohorts, to any depth (B.4).
--
-- The first operand gives the lines, of OR all do. A company is in another operand when any of its lines is, so that every class of a
-- company is in or out together. Where several stays make a row its label and its grade are the worst of them; a MINUS has those of
-- its base. Halts and hindsight are left to core.membership.
-- may be empty: what is combined may have no member
-- key: universe_id, security_id, valid_from
create table core.cohort_membership (
    universe_id varchar not null,       -- SP493, SMALL_MID, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    bias_label varchar,                 -- worst label of what was joined (B.7); NULL: chosen from all lines, see core.membership
    pit_grade varchar not null          -- worst grade of what was joined
);

with latest as (
    select cohort_id, kind, base_cohort_id, other_cohort_id
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
rule as (
    select
        latest.cohort_id, latest.kind, latest.base_cohort_id || ' ' || latest.other_cohort_id as operands,
        case
            when latest.kind in ('AND', 'OR') then latest.base_cohort_id || ' ' || latest.other_cohort_id
            when other.kind in ('TOP_N', 'RANK', 'CAP_SHARE') then latest.other_cohort_id
            else ''
        end as needed
    from latest
    left join latest as other on other.cohort_id = latest.other_cohort_id
    where latest.kind in ('MINUS', 'AND', 'OR')
),
stay as (
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.list_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.rank_membership
    union all
    select universe_id, security_id, issuer_id, valid_from, valid_to, bias_label, pit_grade from core.screen_membership
)
-- A row with a kind is a rule, one without is a stay. Without a label a stay is PIT_FULL at best.
select
    cohort_id as universe_id, kind, operands, needed,
    cast(null as integer) as security_id, cast(null as integer) as issuer_id, cast(null as date) as valid_from, cast(null as date) as valid_to,
    cast(null as varchar) as bias_label, cast(null as integer) as badness, cast(null as varchar) as pit_grade
from rule
union all
select
    stay.universe_id, null, null, null, stay.security_id, stay.issuer_id, stay.valid_from, stay.valid_to,
    stay.bias_label, label.badness, stay.pit_grade
from stay
join core.bias_label as label on label.bias_label = coalesce(stay.bias_label, 'PIT_FULL')
order by universe_id, security_id, valid_from
