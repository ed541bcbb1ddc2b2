-- One row is one stay of a security in a universe that is made by size: TOP_N, RANK and CAP_SHARE rules (B.2, B.4).
--
-- TOP_N: the largest issuers of a given list at each month end, in from the next session. RANK and CAP_SHARE: ranked on the last
-- session of April, in after the fourth Friday of June; from 2026 also ranked on the last session of September, in after the second
-- Friday of November; until the first of these, at every month end, so that a short history is not empty for months. In between,
-- lines leave when they end, and issuers that had no cap on the last rank day join at a quarter end if they are larger than the
-- breakpoint. All priced lines of an issuer are in together. A line that is in on its last session stays for the one that books
-- its delisting return, whatever is ranked for that session. A TOP_N pick cannot be made, and nobody is in until the next one, while a
-- member of the list without a believed cap could be among the chosen (core.top_pick).
-- may be empty: no month may have ended yet, or no company of the market have a cap
-- key: universe_id, security_id, valid_from
create table core.rank_membership (
    universe_id varchar not null,       -- TOP7, RANK1000, LARGE, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    known_from date not null,           -- session from which the stay was known
    bias_label varchar,                 -- label of its stay in the list that it was chosen from (B.7); NULL: chosen from all lines
    pit_grade varchar not null          -- grade of the cap that let it in, at best B
);

with param as (
    select
        max(value) filter (where name = 'rank.min_price') as min_price,
        max(value) filter (where name = 'rank.min_cap_usd') as min_cap_usd
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
rule as (
    select cohort_id, kind, base_cohort_id, rank_from, rank_to, cap_share_from, cap_share_to, band
    from raw.cohort_rule
    where kind in ('TOP_N', 'RANK', 'CAP_SHARE') and load_id = (select max(load_id) from raw.cohort_rule)
),
calendar as (
    select session, lead(session) over (order by session) as next_session, lead(session, 2) over (order by session) as after_next
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
month_end as (
    select calendar.session as rank_session, calendar.next_session
    from calendar
    where calendar.session in (select session from core.month_end_cap)
),
friday as (
    select rank_session, make_date(year(rank_session), 6, 1) as month_start, 3 as weeks
    from month_end
    where month(rank_session) = 4
    union all
    select rank_session, make_date(year(rank_session), 11, 1), 1
    from month_end
    where month(rank_session) = 9 and year(rank_session) >= 2026
),
scheduled as (
    select friday.rank_session, min(calendar.session) as valid_from
    from friday
    join calendar on calendar.session > friday.month_start + cast((12 - isodow(friday.month_start)) % 7 + 7 * friday.weeks as integer)
    group by friday.rank_session
),
reconstitution as (
    select rank_session, valid_from from scheduled
    union all
    select rank_session, next_session
    from month_end
    where next_session < coalesce((select min(valid_from) from scheduled), date '9999-12-31')
),
event as (
    select 'TOP_N' as rules, rank_session, next_session as valid_from, cast(null as date) as ranked_before from month_end
    union all
    select 'RANK', rank_session, valid_from, null from reconstitution
    union all
    select 'RANK', month_end.rank_session, month_end.next_session, max_by(earlier.rank_session, earlier.valid_from)
    from month_end
    join reconstitution as earlier on earlier.valid_from < month_end.next_session
    where month(month_end.rank_session) % 3 = 0
        and month_end.next_session not in (select valid_from from reconstitution)
    group by month_end.rank_session, month_end.next_session
),
undecided as (
    select pick.cohort_id, calendar.next_session as valid_from
    from core.top_pick as pick
    join calendar on calendar.session = pick.session
    where not pick.is_decided
),
eligible as (
    select issuer_id, session, min(pit_grade) as pit_grade
    from core.month_end_cap
    cross join param
    where is_primary and not is_stale and close_usd >= param.min_price and issuer_cap_usd >= param.min_cap_usd
    group by issuer_id, session
),
ranked as (
    select
        rule.cohort_id, rule.kind, rule.rank_from, rule.rank_to, rule.cap_share_from, rule.cap_share_to, rule.band,
        event.valid_from, event.ranked_before is not null as is_joining,
        cap.security_id, cap.issuer_id, cap.issuer_cap_usd,
        line.delist_session, ended.after_next as out_session,
        stay.bias_label,
        greatest(cap.pit_grade, coalesce(stay.pit_grade, 'B')) as pit_grade
    from rule
    join event on event.rules = case when rule.kind = 'TOP_N' then 'TOP_N' else 'RANK' end
    join core.month_end_cap as cap on cap.session = event.rank_session
    join core.security as line on line.security_id = cap.security_id
    left join calendar as ended on ended.session = line.delist_session
    left join core.list_membership as stay
        on stay.universe_id = rule.base_cohort_id and stay.security_id = cap.security_id
        and stay.valid_from <= event.rank_session and (stay.valid_to is null or event.rank_session < stay.valid_to)
    left join eligible on eligible.issuer_id = cap.issuer_id and eligible.session = cap.session
    left join eligible as before on before.issuer_id = cap.issuer_id and before.session = event.ranked_before
    where (rule.base_cohort_id is null or stay.universe_id is not null)
        and (rule.kind = 'TOP_N' or eligible.issuer_id is not null)
        and before.issuer_id is null
        and (ended.after_next is null or event.valid_from < ended.after_next)
)
select
    cohort_id, kind, rank_from, rank_to, cap_share_from, cap_share_to, band, valid_from, is_joining, false as is_undecided,
    security_id, issuer_id, issuer_cap_usd, delist_session, out_session, bias_label, pit_grade
from ranked
anti join undecided using (cohort_id, valid_from)
union all
-- One row without a line says that the pick cannot be made.
select
    rule.cohort_id, rule.kind, rule.rank_from, rule.rank_to, null, null, rule.band, undecided.valid_from, false, true,
    null, null, null, null, null, null, null
from undecided
join rule on rule.cohort_id = undecided.cohort_id
order by cohort_id, valid_from, issuer_cap_usd desc, issuer_id, security_id
