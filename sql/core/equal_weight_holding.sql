-- One row is one line that takes a weight in a universe with quarterly equal weights (C.7): at a reset, or as it comes in between.
--
-- At a reset every issuer has the same weight at the prices of the reference session (of the reset where there was none); its lines
-- share it by cap. A line without a price for more than 10 sessions has none. The k-th line that comes in between resets (by security_id) takes over the weight of the k-th that leaves on
-- the same session, at their last prices; one that finds no place waits for the next reset. A delisting return changes no such
-- weight: no weight rests on an assumption. From then on a weight drifts with the price, until the line leaves or the next reset.
-- Prices are the last of up to 10 sessions (0.6).
-- key: universe_id, session, security_id
create table core.equal_weight_holding (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- first session that it earns with this weight
    security_id integer not null,       -- the member line
    stay_from date not null,            -- its stay in core.universe_stay
    reset_session date not null,        -- close after which the weights were last made equal
    value_per_price double not null     -- times close_fwd_e9: its value, where an issuer had the value 1 at the last reset
);

insert into core.equal_weight_holding by name
with recursive period as (
    select session as first_session, coalesce(lead(session) over (order by session), date '9999-12-31') as until, reset_session, reference_session
    from core.equal_weight_reset
),
wanted as (
    select first_session, until, reset_session, reference_session
    from period
    where until > $first and first_session <= $last
),
calendar as (
    select session.session, session.session_no, session.previous_session, wanted.reset_session, wanted.first_session
    from core.session
    join wanted on session.session >= wanted.first_session and session.session < wanted.until
    where session.session <= $last
),
stay as (
    select universe_id, security_id, issuer_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from core.universe_stay
),
member as (
    select
        wanted.reset_session, wanted.reference_session, wanted.first_session,
        stay.universe_id, stay.security_id, stay.issuer_id, stay.valid_from
    from wanted
    join stay on stay.valid_from <= wanted.first_session and stay.valid_to > wanted.first_session
),
-- Who comes in or leaves between resets, at the close of the session before.
comer as (
    select calendar.reset_session, calendar.session, calendar.previous_session, stay.universe_id, stay.security_id, stay.valid_from
    from stay
    join calendar on calendar.session = stay.valid_from and calendar.session > calendar.first_session
),
leaver as (
    select calendar.session, calendar.previous_session, stay.universe_id, stay.security_id, stay.valid_from
    from stay
    join calendar on calendar.session = stay.valid_to and calendar.session > calendar.first_session
),
wanted_price as (
    select security_id, reset_session as session from member
    union
    select security_id, reference_session from member
    union
    select security_id, previous_session from comer
    union
    select security_id, previous_session from leaver
),
on_day as (
    select wanted_price.security_id, wanted_price.session, quote.close_fwd_e9
    from wanted_price
    join core.daily_price as quote on quote.security_id = wanted_price.security_id and quote.session = wanted_price.session
    where quote.is_valid and not quote.is_stale and quote.close_fwd_e9 > 0
),
missing as (
    select security_id, session from wanted_price
    except
    select security_id, session from on_day
),
-- The few without a price on the day: the last of up to 10 sessions before.
carried as (
    select missing.security_id, missing.session, arg_max(quote.close_fwd_e9, quote.session) as close_fwd_e9
    from missing
    join core.session as day on day.session = missing.session
    join core.session as earlier on earlier.session_no < day.session_no and earlier.session_no >= day.session_no - 10
    join core.daily_price as quote on quote.security_id = missing.security_id and quote.session = earlier.session
    where quote.is_valid and not quote.is_stale and quote.close_fwd_e9 > 0
    group by missing.security_id, missing.session
),
price as (
    select security_id, session, close_fwd_e9 from on_day
    union all
    select security_id, session, close_fwd_e9 from carried
),
candidate as (
    select
        member.reset_session, member.first_session, member.universe_id, member.security_id, member.issuer_id, member.valid_from,
        coalesce(reference.close_fwd_e9, at_reset.close_fwd_e9) as base_e9,
        cast(round(cap.line_cap_usd * 1e2) as hugeint) as cap_e2
    from member
    join price as at_reset on at_reset.security_id = member.security_id and at_reset.session = member.reset_session
    left join price as reference on reference.security_id = member.security_id and reference.session = member.reference_session
    left join core.market_cap as cap on cap.security_id = member.security_id and cap.session = member.reference_session
),
start as (
    select
        reset_session, first_session, universe_id, security_id, valid_from, base_e9,
        case
            when count(*) over issuer = 1 then 1.0
            when count_if(cap_e2 > 0) over issuer = count(*) over issuer then cap_e2 / cast(sum(cap_e2) over issuer as double)
            else 1.0 / count(*) over issuer
        end as value
    from candidate
    window issuer as (partition by reset_session, universe_id, issuer_id)
),
entry as (
    select comer.*, price.close_fwd_e9 as base_e9, row_number() over (partition by universe_id, comer.session order by comer.security_id) as place
    from comer
    join price on price.security_id = comer.security_id and price.session = comer.previous_session
),
exit as (
    select leaver.*, price.close_fwd_e9 as left_e9, row_number() over (partition by universe_id, leaver.session order by leaver.security_id) as place
    from leaver
    join price on price.security_id = leaver.security_id and price.session = leaver.previous_session
),
exchange as (
    select
        entry.reset_session, entry.universe_id, entry.session, entry.security_id, entry.valid_from, entry.base_e9,
        exit.security_id as left_id, exit.valid_from as left_since, exit.left_e9
    from entry
    join exit using (universe_id, session, place)
),
holding as (
    select reset_session, first_session as session, universe_id, security_id, valid_from, base_e9, value from start
    union all
    select
        exchange.reset_session, exchange.session, exchange.universe_id, exchange.security_id, exchange.valid_from, exchange.base_e9,
        holding.value * exchange.left_e9 / holding.base_e9 as value
    from holding
    join exchange
        on exchange.reset_session = holding.reset_session
        and exchange.universe_id = holding.universe_id
        and exchange.left_id = holding.security_id
        and exchange.left_since = holding.valid_from
)
select universe_id, session, security_id, valid_from as stay_from, reset_session, value / base_e9 as value_per_price
from holding
where session >= $first
order by session, universe_id, security_id;
