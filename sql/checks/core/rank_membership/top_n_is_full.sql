-- On no session does a TOP_N cohort hold more companies that trade than its rule says.
-- fails after:
insert into core.rank_membership by name
select 'TOP7' as universe_id, -security_id as security_id, -security_id as issuer_id, (select min(valid_from) from core.rank_membership where universe_id = 'TOP7') as valid_from,
    date '1900-01-01' as known_from, 'PIT_FULL' as bias_label, 'B' as pit_grade
from core.security;

with rule as (
    select cohort_id, rank_to - rank_from + 1 as n
    from raw.cohort_rule
    where kind = 'TOP_N' and load_id = (select max(load_id) from raw.cohort_rule)
)
select rule.cohort_id, start.valid_from, rule.n, count(distinct stay.issuer_id) as n_companies
from rule
join (select distinct universe_id, valid_from from core.rank_membership) as start on start.universe_id = rule.cohort_id
join core.rank_membership as stay
    on stay.universe_id = rule.cohort_id and stay.valid_from <= start.valid_from and (stay.valid_to is null or start.valid_from < stay.valid_to)
left join core.delisting as ended on ended.security_id = stay.security_id
where ended.session is null or start.valid_from < ended.session
group by rule.cohort_id, start.valid_from, rule.n
having count(distinct stay.issuer_id) > rule.n
