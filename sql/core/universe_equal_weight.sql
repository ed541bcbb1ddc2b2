-- One row is the return of a universe with quarterly equal weights on one session on one price basis (C.7, ew_quarterly; S&P EWI).
--
-- After the close of the third Friday of March, June, September and December every issuer is set to the same weight at the
-- prices of the second Friday; its lines share it by cap. Then weights drift with price-only returns. The k-th line that enters between resets
-- (by security_id) takes over the weight of the k-th that leaves on the same session; one that finds no place waits for the next reset.
-- Lines without a price are held at the last one for up to 10 sessions. The first session of all counts as a reset.
-- key: universe_id, session, basis
create table core.universe_equal_weight (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- session whose return it is
    basis varchar not null check (basis in ('price', 'total')), -- price-only or total return of the lines
    reset_session date not null,        -- close after which the weights were last made equal
    n_held integer not null,            -- member lines that carry weight
    n_used integer not null,            -- of them with a return on the session
    used_weight double not null,        -- weight of the used, 0..1
    ew_return double not null           -- return, decimal; held lines without a price on the session add nothing
);

insert into core.universe_equal_weight by name
with recursive third_friday as (
    -- date_trunc gives the first of the month; isodow 5 is Friday.
    select distinct
        cast(date_trunc('month', session) as date) + cast((12 - isodow(date_trunc('month', session))) % 7 + 14 as integer) as friday
    from core.session
    where month(session) in (3, 6, 9, 12)
),
reset as (
    select
        third_friday.friday as known_on,
        max(session.session) filter (where session.session <= third_friday.friday) as reset_session,
        max(session.session) filter (where session.session <= third_friday.friday - 7) as reference_session
    from third_friday
    join core.session on session.session <= third_friday.friday
    where third_friday.friday < $last
    group by third_friday.friday
    union all
    select min(session), min(session), min(session) from core.session
),
-- A period runs from the session after a reset to the next reset, both included.
period as (
    select
        reset_session,
        coalesce(reference_session, reset_session) as reference_session,
        known_on,
        lead(known_on, 1, date '9999-12-31') over (order by known_on) as until
    from reset
),
wanted as (
    select reset_session, reference_session, known_on, until
    from period
    where until >= $first and known_on < $last
),
calendar as (
    select session.session, session.session_no, session.previous_session, wanted.reset_session
    from core.session
    left join wanted on session.session > wanted.known_on and session.session <= wanted.until
    where session.session <= $last
        and session.session_no > (select min(session_no) from core.session where session >= (select min(reference_session) from wanted)) - 12
),
first_of_period as (
    select reset_session, min(session) as session, max(session) as last_session from calendar where reset_session is not null group by reset_session
),
-- A line that ended has a row without a price on the session after its last trade, with its delisting return.
line_return as (
    select
        security_id,
        session,
        case when is_valid and not is_stale then close_fwd_e9 end as close_fwd_e9,
        case when (is_valid and not is_stale) or delisting.session is not null then price.price_return end as price_return,
        case when (is_valid and not is_stale) or delisting.session is not null then price.total_return end as total_return
    from core.daily_price as price
    join calendar using (session)
    left join core.delisting as delisting using (security_id, session)
),
line as (
    select
        line_return.security_id,
        line_return.session,
        calendar.reset_session,
        last_value(close_fwd_e9 ignore nulls) over last_11 as close_fwd_e9,
        last_value(close_fwd_e9 ignore nulls) over before_11 as close_before_e9,
        price_return,
        total_return
    from line_return
    join calendar using (session)
    window
        last_11 as (partition by line_return.security_id order by line_return.session rows between 10 preceding and current row),
        before_11 as (partition by line_return.security_id order by line_return.session rows between 11 preceding and 1 preceding)
),
-- Stays that follow one another without a break are one: a new label is no change of hands.
stay_start as (
    select
        universe_id, security_id, issuer_id, valid_from, valid_to,
        case when valid_from <= max(coalesce(valid_to, date '9999-12-31')) over before then 0 else 1 end as is_start
    from core.membership
    window before as (partition by universe_id, security_id order by valid_from rows between unbounded preceding and 1 preceding)
),
stay_numbered as (
    select
        universe_id, security_id, issuer_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to,
        sum(is_start) over (partition by universe_id, security_id order by valid_from rows unbounded preceding) as stay_no
    from stay_start
),
merged_stay as (
    select universe_id, security_id, max(issuer_id) as issuer_id, min(valid_from) as valid_from, max(valid_to) as valid_to
    from stay_numbered
    group by universe_id, security_id, stay_no
),
-- Dates of lists may fall on days without trading: what counts is the first session from there on.
stay_day as (
    select valid_from as day from merged_stay union select valid_to from merged_stay
),
effective as (
    select stay_day.day, min(calendar.session) as session
    from stay_day
    join calendar on calendar.session >= stay_day.day
    group by stay_day.day
),
stay as (
    select
        universe_id, security_id, issuer_id, valid_from, valid_to,
        entered.session as first_session,
        coalesce(gone.session, date '9999-12-31') as out_session
    from merged_stay
    join effective as entered on entered.day = valid_from
    left join effective as gone on gone.day = valid_to
),
-- The members at the reset, with their prices of the second Friday (of the reset where there was none) and their part of the issuer.
candidate as (
    select
        wanted.reset_session,
        stay.universe_id,
        stay.security_id,
        stay.issuer_id,
        stay.valid_from,
        coalesce(reference.close_fwd_e9, at_reset.close_fwd_e9) as base_e9,
        cap.line_cap_usd
    from wanted
    join first_of_period using (reset_session)
    join stay on stay.first_session <= first_of_period.session and stay.out_session > first_of_period.session
    join line as at_reset on at_reset.security_id = stay.security_id and at_reset.session = wanted.reset_session
    left join line as reference on reference.security_id = stay.security_id and reference.session = wanted.reference_session
    left join core.market_cap as cap on cap.security_id = stay.security_id and cap.session = wanted.reference_session
    where coalesce(reference.close_fwd_e9, at_reset.close_fwd_e9) > 0
),
start as (
    select
        reset_session, universe_id, security_id, valid_from, base_e9,
        case
            when count(*) over issuer = 1 then 1.0
            when count(line_cap_usd) over issuer = count(*) over issuer then line_cap_usd / sum(line_cap_usd) over issuer
            else 1.0 / count(*) over issuer
        end as value
    from candidate
    window issuer as (partition by reset_session, universe_id, issuer_id)
),
entry as (
    select
        line.reset_session, stay.universe_id, stay.security_id, stay.valid_from, line.close_before_e9 as base_e9, line.session,
        row_number() over (partition by stay.universe_id, line.session order by stay.security_id) as place
    from stay
    join first_of_period on stay.first_session > first_of_period.session and stay.first_session <= first_of_period.last_session
    join line on line.security_id = stay.security_id and line.session = stay.first_session
    where line.close_before_e9 > 0
),
exit as (
    select
        stay.universe_id, stay.security_id, stay.valid_from, line.close_fwd_e9, calendar.session,
        row_number() over (partition by stay.universe_id, calendar.session order by stay.security_id) as place
    from stay
    join first_of_period on stay.out_session > first_of_period.session and stay.out_session <= first_of_period.last_session
    join calendar on calendar.session = stay.out_session
    join line on line.security_id = stay.security_id and line.session = calendar.previous_session
    where line.close_fwd_e9 > 0
),
exchange as (
    select
        entry.reset_session, entry.universe_id, entry.security_id, entry.valid_from, entry.base_e9,
        exit.security_id as left_id, exit.valid_from as left_since, exit.close_fwd_e9 as left_e9
    from entry
    join exit using (universe_id, session, place)
),
place as (
    select reset_session, universe_id, security_id, valid_from, base_e9, value from start
    union all
    select
        exchange.reset_session, exchange.universe_id, exchange.security_id, exchange.valid_from, exchange.base_e9,
        place.value * exchange.left_e9 / place.base_e9 as value
    from place
    join exchange
        on exchange.reset_session = place.reset_session
        and exchange.universe_id = place.universe_id
        and exchange.left_id = place.security_id
        and exchange.left_since = place.valid_from
),
holding as (
    select
        place.reset_session, place.universe_id, place.security_id, stay.first_session, stay.out_session,
        place.value / place.base_e9 as value_per_price
    from place
    join stay using (universe_id, security_id, valid_from)
),
-- Values in 1e-12 of an issuer's weight at the reset, value times return in 1e-15.
part as (
    select
        holding.universe_id,
        line.session,
        line.reset_session,
        line.price_return is not null as has_price_return,
        line.total_return is not null as has_total_return,
        cast(round(holding.value_per_price * line.close_before_e9 * 1e12) as hugeint) as value_e12,
        cast(round(holding.value_per_price * line.close_before_e9 * line.price_return * 1e15) as hugeint) as price_part_e15,
        cast(round(holding.value_per_price * line.close_before_e9 * line.total_return * 1e15) as hugeint) as total_part_e15
    from line
    join holding
        on holding.security_id = line.security_id
        and holding.reset_session = line.reset_session
        and line.session >= holding.first_session
        and line.session < holding.out_session
    where line.session >= $first and line.close_before_e9 > 0
),
tally as (
    select
        universe_id,
        session,
        reset_session,
        count(*) as n_held,
        count(*) filter (where has_price_return) as n_price,
        count(*) filter (where has_total_return) as n_total,
        sum(value_e12) as value_e12,
        sum(value_e12) filter (where has_price_return) as price_value_e12,
        sum(value_e12) filter (where has_total_return) as total_value_e12,
        sum(price_part_e15) as price_part_e15,
        sum(total_part_e15) as total_part_e15
    from part
    group by universe_id, session, reset_session
)
select
    universe_id, session, 'price' as basis, reset_session, n_held, n_price as n_used,
    coalesce(price_value_e12, 0) / cast(value_e12 as double) as used_weight,
    coalesce(price_part_e15, 0) / 1e3 / value_e12 as ew_return
from tally
where value_e12 > 0
union all
select
    universe_id, session, 'total' as basis, reset_session, n_held, n_total as n_used,
    coalesce(total_value_e12, 0) / cast(value_e12 as double) as used_weight,
    coalesce(total_part_e15, 0) / 1e3 / value_e12 as ew_return
from tally
where value_e12 > 0
order by session, universe_id, basis;
