-- One row is one line whose company takes, passes on or shares anew a weight in a universe with quarterly equal weights (C.7, B.6).
--
-- At a reset these are all members; between resets the lines of a company of which a line comes in or leaves, those that stay
-- too. A price is the last of up to 10 sessions (0.6); a line without one has no part in its company. Caps are those of the
-- close at whose prices weights are equal, or of the close before the change.
-- seldom empty: the members of universes may be funds
-- key: universe_id, session, security_id
create table core.equal_weight_line (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- first session that earns with what is decided here
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- its company
    stay_from date not null,            -- its stay in core.universe_stay
    reset_session date not null,        -- close after which the weights were last made equal
    is_in_before boolean not null,      -- a member until the session; false at a reset, which starts afresh
    is_in_after boolean not null,       -- a member from the session on
    close_e9 bigint,                    -- close at which the weight is counted, 1e-9 USD on the line's first basis; NULL: no price
    company_share double                -- its share in its company by cap, equal parts where a cap is missing, 0..1; NULL: has no part
);

insert into core.equal_weight_line by name
with stay as (
    select universe_id, security_id, issuer_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to
    from core.universe_stay
),
calendar as (
    select session.session, session.previous_session, reset.session as first_session, reset.reset_session
    from core.session
    asof join core.equal_weight_reset as reset on session.session >= reset.session
    where session.session >= $first and session.session <= $last
),
changed as (
    select universe_id, issuer_id, valid_from as session from stay
    union
    select universe_id, issuer_id, valid_to from stay
),
line as (
    select
        stay.universe_id, reset.session, stay.security_id, stay.issuer_id, stay.valid_from as stay_from, reset.reset_session,
        false as is_in_before, true as is_in_after,
        reset.reset_session as last_close, reset.reference_session as weighed_at
    from core.equal_weight_reset as reset
    join stay on stay.valid_from <= reset.session and stay.valid_to > reset.session
    where reset.session >= $first and reset.session <= $last
    union all
    select
        stay.universe_id, calendar.session, stay.security_id, stay.issuer_id, stay.valid_from as stay_from, calendar.reset_session,
        stay.valid_from < calendar.session as is_in_before, stay.valid_to > calendar.session as is_in_after,
        calendar.previous_session as last_close, calendar.previous_session as weighed_at
    from changed
    join calendar on calendar.session = changed.session and calendar.session > calendar.first_session
    join stay
        on stay.universe_id = changed.universe_id and stay.issuer_id = changed.issuer_id
        and stay.valid_from <= changed.session and stay.valid_to >= changed.session
),
wanted_price as (
    select security_id, last_close as session from line
    union
    select security_id, weighed_at from line
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
priced as (
    select
        line.*,
        case when at_last.close_fwd_e9 is not null then coalesce(weighed.close_fwd_e9, at_last.close_fwd_e9) end as close_e9,
        cast(round(cap.line_cap_usd * 1e2) as hugeint) as cap_e2,
        line.is_in_after and at_last.close_fwd_e9 is not null as has_part
    from line
    left join price as at_last on at_last.security_id = line.security_id and at_last.session = line.last_close
    left join price as weighed on weighed.security_id = line.security_id and weighed.session = line.weighed_at
    left join core.market_cap as cap on cap.security_id = line.security_id and cap.session = line.weighed_at
)
select
    universe_id, session, security_id, issuer_id, stay_from, reset_session, is_in_before, is_in_after, close_e9,
    case
        when not has_part then null
        when count(*) over company = 1 then 1.0
        when count_if(cap_e2 > 0) over company = count(*) over company then cap_e2 / cast(sum(cap_e2) over company as double)
        else 1.0 / count(*) over company
    end as company_share
from priced
window company as (partition by universe_id, session, issuer_id, has_part)
order by session, universe_id, security_id;
