-- One row is one line of the S&P SmallCap 600 or the S&P 500 on one month-end session that may be held for its size (D.1, decision 3).
--
-- Dated lists tell small from large where share counts, and so market caps, are not known.
-- seldom empty: the members of the lists may have no cap at any month end
-- key: formation_session, security_id
create table core.size_list (
    formation_session date not null,    -- last session of a month
    security_id integer not null,       -- the member line
    universe_id varchar not null check (universe_id in ('SP600', 'SP500')), -- the list; the S&P 500 when both claim the line
    is_eligible boolean not null,       -- priced on the session, price and age sufficient
    exclusion_reason varchar,           -- NO_PRICE, LOW_PRICE or NEWLY_LISTED
    n_gaps integer not null,            -- members of the list that the warehouse holds no line for
    bias_label varchar not null,        -- of the membership (B.7), before coverage
    pit_grade varchar not null          -- worst grade of membership and price
);

insert into core.size_list by name
with param as (
    select
        max(value) filter (where name = 'factor.min_price') as min_price,
        max(value) filter (where name = 'factor.min_listed_sessions') as min_listed_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
formation as (
    select session as formation_session, session_no from core.session where is_month_end and session >= $first
),
stay as (
    select
        formation.*, membership.security_id, membership.universe_id, membership.bias_label, membership.pit_grade,
        row_number() over (
            partition by formation.formation_session, membership.security_id order by membership.universe_id, membership.valid_from desc
        ) as choice
    from core.membership as membership
    join formation
        on membership.valid_from <= formation.formation_session
        and (membership.valid_to is null or formation.formation_session < membership.valid_to)
        and membership.known_from <= formation.formation_session
    where membership.universe_id in ('SP500', 'SP600')
),
gap as (
    select formation.formation_session, membership_gap.universe_id, count(*) as n_gaps
    from core.membership_gap as membership_gap
    join formation
        on membership_gap.valid_from <= formation.formation_session
        and (membership_gap.valid_to is null or formation.formation_session < membership_gap.valid_to)
    group by formation.formation_session, membership_gap.universe_id
),
listing as (
    select security_id, min(session_no) as first_no from core.daily_price where is_valid group by security_id
),
judged as (
    select
        stay.*,
        coalesce(gap.n_gaps, 0) as n_gaps,
        coalesce(price.pit_grade, stay.pit_grade) as price_grade,
        case
            when price.is_valid is not true or price.is_stale or price.close_usd is null then 'NO_PRICE'
            when price.close_usd < param.min_price then 'LOW_PRICE'
            when stay.session_no - listing.first_no < param.min_listed_sessions then 'NEWLY_LISTED'
        end as exclusion_reason
    from stay
    cross join param
    left join core.daily_price as price on price.security_id = stay.security_id and price.session = stay.formation_session
    left join listing on listing.security_id = stay.security_id
    left join gap on gap.formation_session = stay.formation_session and gap.universe_id = stay.universe_id
    where stay.choice = 1
)
select
    formation_session,
    security_id,
    universe_id,
    exclusion_reason is null as is_eligible,
    exclusion_reason,
    cast(n_gaps as integer) as n_gaps,
    bias_label,
    greatest(pit_grade, price_grade) as pit_grade
from judged
order by formation_session, security_id;
