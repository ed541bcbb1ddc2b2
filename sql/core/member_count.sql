-- One row is how many members one universe should have on one session, with or without a price, and how well that is known (0.4).
--
-- The one denominator: breadth, labels, coverage, multiples and factors all divide by it. It falls only by a booked exit: a list's
-- own removal, a reconstitution, the end of a line on its date. A line whose data stop stays expected and missing.
-- Every list and every cohort has a row on every session from the first on which a share had a usable bar, members or not: where
-- nobody is in, null_reason says why. A universe by rank expects its target from its first reconstitution on.
-- key: universe_id, session
create table core.member_count (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- trading date; members of that session count
    n_lines integer not null,           -- member lines that have not ended
    n_gaps integer not null,            -- list entries without a price line (core.membership_gap)
    n_unfilled integer not null,        -- places of a universe by rank that no company fills; 0 for others
    n_expected integer not null,        -- n_lines + n_gaps + n_unfilled: lines
    n_issuers integer not null,         -- companies of the lines and list entries
    n_expected_issuers integer not null, -- n_issuers + n_unfilled: companies
    is_by_company boolean not null,     -- named by companies (FIXED): its breadth counts companies, one line of each
    null_reason varchar,                -- why nobody is in (0.4); NULL where somebody is
    member_label varchar not null,      -- worst label of the stays themselves: PIT_FULL, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    member_grade varchar not null       -- worst grade of the stays (0.3); D where nobody is in
);

insert into core.member_count by name
with rule as (
    select
        cohort_id, kind, base_cohort_id, rank_to - rank_from + 1 as n_places, coalesce(bias_label, 'PIT_FULL') as bias_label, hindsight_before,
        above_median is not null as is_by_median,
        kind in ('RANK', 'CAP_SHARE', 'TOP_N') or base_cohort_id is null or cap_from_usd is not null or cap_below_usd is not null as is_by_cap
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
),
universe as (
    select cohort_id as universe_id from rule
    union
    select universe_id from raw.membership
    union
    select universe_id from core.membership
    union
    select universe_id from core.membership_gap
),
-- Lists, and levels of an index, reach back further than the shares.
market as (
    select coalesce(min(first_session) filter (where kind = 'EQUITY'), (select min(session) from core.daily_price)) as first_session
    from core.line
),
day as (
    select session
    from core.session
    where session >= $first and session <= $last and session >= (select first_session from market)
),
-- Lists go on expecting a line that was merely given up (A.9).
given_up as (
    select told.security_id, list.universe_id
    from core.line_end as told
    join (select distinct universe_id, security_id from core.list_membership) as list on list.security_id = told.security_id
    where told.decided_on is not null
),
stay as (
    select
        member.universe_id, member.issuer_id, member.bias_label, member.pit_grade, member.valid_from,
        case when given_up.security_id is not null then member.valid_to else least(member.valid_to, line.valid_to) end as valid_to
    from core.membership as member
    left join core.line as line on line.security_id = member.security_id
    left join given_up on given_up.security_id = member.security_id and given_up.universe_id = member.universe_id
    where line.valid_to is null or member.valid_from < line.valid_to or given_up.security_id is not null
),
-- Members by label and grade between two changes of a list: a sum of comings and goings, where sessions times stays would be billions.
change as (
    select universe_id, bias_label, pit_grade, valid_from as session, 1 as n from stay
    union all
    select universe_id, bias_label, pit_grade, valid_to, -1 from stay where valid_to is not null
),
spell as (
    select
        universe_id, bias_label, pit_grade, session as valid_from, lead(session) over label as valid_to,
        sum(sum(n)) over (label rows between unbounded preceding and current row) as n_members
    from change
    group by universe_id, bias_label, pit_grade, session
    window label as (partition by universe_id, bias_label, pit_grade order by session)
),
member as (
    select
        spell.universe_id, day.session, sum(spell.n_members) as n_lines,
        max_by(label.bias_label, label.badness) as member_label, max(spell.pit_grade) as member_grade
    from day
    join spell on day.session >= spell.valid_from and (spell.valid_to is null or day.session < spell.valid_to)
    join core.bias_label as label on label.bias_label = spell.bias_label
    where spell.n_members > 0
    group by spell.universe_id, day.session
),
gap as (
    select gap.universe_id, day.session, count(*) as n_gaps
    from day
    join core.membership_gap as gap on day.session >= gap.valid_from and (gap.valid_to is null or day.session < gap.valid_to)
    group by gap.universe_id, day.session
),
-- The company of a list entry without a line: that of the line of another of its classes, else of the classes that go together. Who had a
-- symbol last still means that class when the line has ended: what ends later changes no count of before.
last_holder as (
    select symbol, security_id
    from core.line_symbol
    qualify row_number() over (partition by symbol order by valid_to desc, security_id) = 1
),
class as (
    select said.symbol, said.issuer_key, min(line.issuer_id) over (partition by said.issuer_key) as issuer_id
    from raw.issuer_line as said
    left join last_holder on last_holder.symbol = said.symbol
    left join core.line as line on line.security_id = last_holder.security_id
    where said.load_id = (select max(load_id) from raw.issuer_line)
),
company_stay as (
    select universe_id, cast(issuer_id as varchar) as company, valid_from, valid_to from stay
    union all
    select
        gap.universe_id, coalesce(cast(class.issuer_id as varchar), 'company ' || class.issuer_key, 'symbol ' || gap.symbol), gap.valid_from, gap.valid_to
    from core.membership_gap as gap
    left join (select distinct symbol, issuer_key, issuer_id from class) as class on class.symbol = gap.symbol
),
company_change as (
    select universe_id, company, valid_from as session, 1 as n from company_stay
    union all
    select universe_id, company, valid_to, -1 from company_stay where valid_to is not null
),
company_held as (
    select
        universe_id, company, session,
        sum(sum(n)) over (partition by universe_id, company order by session rows between unbounded preceding and current row) > 0 as is_in
    from company_change
    group by universe_id, company, session
),
company_turn as (
    select
        universe_id, session,
        cast(is_in as integer) - cast(lag(is_in, 1, false) over (partition by universe_id, company order by session) as integer) as n
    from company_held
),
company_spell as (
    select
        universe_id, session as valid_from, lead(session) over universe as valid_to,
        sum(sum(n)) over (universe rows between unbounded preceding and current row) as n_issuers
    from company_turn
    group by universe_id, session
    window universe as (partition by universe_id order by session)
),
company as (
    select company_spell.universe_id, day.session, company_spell.n_issuers
    from day
    join company_spell on day.session >= company_spell.valid_from and (company_spell.valid_to is null or day.session < company_spell.valid_to)
),
-- The first session after a month end of the market, and after one on which a company had a cap: nothing is chosen before.
formation as (
    select
        min(session.session) as first_session,
        min(session.session) filter (where session.previous_session >= cap.first_session) as first_with_caps
    from core.session as session
    join core.session as month_end on month_end.session = session.previous_session and month_end.is_month_end
    cross join market
    cross join (select min(session) as first_session from core.month_end_cap) as cap
    where month_end.session >= market.first_session
),
-- What is chosen from all lines is today's list of survivors until the first of them is seen to end (core.membership).
first_end as (
    select min(valid_to) as seen_on from core.line where kind = 'EQUITY'
),
counted as (
    select
        universe.universe_id, day.session, rule.kind,
        coalesce(member.n_lines, 0) as n_lines,
        coalesce(gap.n_gaps, 0) as n_gaps,
        coalesce(company.n_issuers, 0) as n_issuers,
        case when rule.kind = 'RANK' and day.session >= formation.first_with_caps
            then greatest(rule.n_places - coalesce(company.n_issuers, 0), 0) else 0
        end as n_unfilled,
        case
            when coalesce(member.n_lines, 0) + coalesce(gap.n_gaps, 0) > 0 then null
            when rule.kind is null then 'UNAVAILABLE'
            when rule.kind = 'FIXED' then 'NOT_LISTED'
            when rule.kind in ('MINUS', 'AND', 'OR') then 'LOW_COUNT'
            when formation.first_session is null or day.session < formation.first_session then 'INSUFFICIENT_HISTORY'
            when rule.is_by_cap and (formation.first_with_caps is null or day.session < formation.first_with_caps) then 'UNAVAILABLE'
            when rule.is_by_median or rule.kind = 'TOP_N' then 'LOW_COVERAGE' -- a pick that cannot be made: core.top_pick
            else 'LOW_COUNT'
        end as null_reason,
        coalesce(member.member_label, case
            when day.session < rule.hindsight_before then 'HINDSIGHT_SELECTED'
            when rule.kind in ('RANK', 'CAP_SHARE', 'SCREEN') and rule.base_cohort_id is null
                and (first_end.seen_on is null or day.session < first_end.seen_on) then 'CURRENT_LIST'
            else rule.bias_label
        end, 'PIT_FULL') as member_label,
        coalesce(member.member_grade, 'D') as member_grade
    from universe
    cross join day
    cross join formation
    cross join first_end
    left join rule on rule.cohort_id = universe.universe_id
    left join member on member.universe_id = universe.universe_id and member.session = day.session
    left join gap on gap.universe_id = universe.universe_id and gap.session = day.session
    left join company on company.universe_id = universe.universe_id and company.session = day.session
),
-- A cohort that is combined of others is empty for the reason of the part that is: the first in the order of precedence (0.4).
inherited as (
    select part.cohort_id as universe_id, counted.session, min_by(counted.null_reason, case counted.null_reason
        when 'UNAVAILABLE' then 1 when 'NOT_LISTED' then 2 when 'INSUFFICIENT_HISTORY' then 3 when 'LOW_COUNT' then 4 else 5
    end) as null_reason
    from core.cohort_part as part
    join counted on counted.universe_id = part.part_id
    where counted.null_reason is not null
    group by part.cohort_id, counted.session
)
select
    counted.universe_id,
    counted.session,
    counted.n_lines,
    counted.n_gaps,
    counted.n_unfilled,
    counted.n_lines + counted.n_gaps + counted.n_unfilled as n_expected,
    counted.n_issuers,
    counted.n_issuers + counted.n_unfilled as n_expected_issuers,
    coalesce(counted.kind = 'FIXED', false) as is_by_company,
    case when counted.null_reason is not null then coalesce(inherited.null_reason, counted.null_reason) end as null_reason,
    counted.member_label,
    counted.member_grade
from counted
left join inherited on inherited.universe_id = counted.universe_id and inherited.session = counted.session
order by counted.session, counted.universe_id;
