-- One row is one stay of a security in a given list: a dated index list, or a cohort whose names are fixed (B.1, B.3, B.4).
--
-- Rows of a market source replace the reference's rows of the same universe. A symbol is resolved on the first date of the stay, and
-- by its holder of today where nobody held it then. A line that is in on its last trading session stays for the session that books
-- its delisting return, whatever the list says of that one session (A.5); then it leaves. A line that was merely given up (A.9) stays
-- expected, and missing, for as long as the list names it.
-- A stay from long before the first bar of a line that came late (core.late_line) is not the line's until a year has gone by.
-- seldom empty: the lists may name none of our symbols
-- key: universe_id, security_id, valid_from
create table core.list_membership (
    universe_id varchar not null,       -- SP500, MAG7, ...
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date,                      -- first session out; NULL while in
    bias_label varchar not null,        -- PIT_FULL or CURRENT_LIST, as the list says (B.7); a fixed list is taken at its word
    pit_grade varchar not null          -- B a dated or fixed list, D today's list applied to the past
);

insert into core.list_membership by name
with calendar as (
    select
        session,
        lag(session, 1, date '1800-01-01') over (order by session) as previous_session,
        lead(session, 2) over (order by session) as after_next
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
latest_list as (
    select universe_id, symbol, valid_from, valid_to, bias_label, source <> 'reference' as is_market
    from raw.membership
    qualify load_id = max(load_id) over (partition by universe_id, source)
),
said as (
    select universe_id, symbol, valid_from, valid_to, bias_label
    from latest_list
    qualify is_market or not bool_or(is_market) over (partition by universe_id)
    union all
    select cohort_id, unnest(string_split(symbols, ' ')), date '1900-01-01', null, coalesce(bias_label, 'PIT_FULL')
    from raw.cohort_rule
    where kind = 'FIXED' and load_id = (select max(load_id) from raw.cohort_rule)
),
resolved as (
    select
        said.universe_id, line.security_id, line.issuer_id, said.bias_label,
        greatest(said.valid_from, late.believed_from, case when said.valid_from = date '1900-01-01' then line.first_session end) as valid_from,
        case
            when line.delist_session is null or said.valid_to <= line.delist_session then said.valid_to
            when given_up.security_id is null or said.valid_to < ended.after_next then ended.after_next
            else said.valid_to
        end as valid_to
    from said
    join core.line_symbol as holder
        on holder.symbol = said.symbol and holder.valid_from <= said.valid_from and said.valid_from < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
    left join calendar as ended on ended.session = line.delist_session
    left join core.line_end as given_up on given_up.security_id = line.security_id and given_up.decided_on is not null
    left join core.late_line as late
        on late.security_id = line.security_id and said.valid_from < late.doubt_before and said.valid_from > date '1900-01-01'
    -- Stays that no bar of the line falls into are core.membership_gap.
    where line.first_session is not null and (said.valid_to is null or line.first_session < said.valid_to)
        and (late.security_id is null or said.valid_to is null or late.believed_from < said.valid_to)
        and (line.delist_session is null or given_up.security_id is not null or said.valid_from <= line.delist_session)
),
in_sessions as (
    select
        resolved.universe_id, resolved.security_id, resolved.issuer_id, resolved.bias_label,
        start.session as valid_from, finish.session as valid_to
    from resolved
    join calendar as start on start.previous_session < resolved.valid_from and resolved.valid_from <= start.session
    left join calendar as finish on finish.previous_session < resolved.valid_to and resolved.valid_to <= finish.session
    where finish.session is null or start.session < finish.session
),
numbered as (
    select
        *,
        valid_from > max(coalesce(valid_to, date '9999-12-31')) over (
            partition by universe_id, security_id order by valid_from, valid_to nulls last
            rows between unbounded preceding and 1 preceding
        ) as is_new_stay
    from in_sessions
),
stay as (
    select
        *,
        count(*) filter (where is_new_stay) over (
            partition by universe_id, security_id order by valid_from, valid_to nulls last rows between unbounded preceding and current row
        ) as stay_no
    from numbered
)
select
    universe_id, security_id, issuer_id, min(valid_from) as valid_from,
    case when bool_or(valid_to is null) then null else max(valid_to) end as valid_to,
    max_by(label.bias_label, label.badness) as bias_label,
    case when bool_or(label.bias_label = 'CURRENT_LIST') then 'D' else 'B' end as pit_grade
from stay
join core.bias_label as label on label.bias_label = stay.bias_label
group by universe_id, security_id, issuer_id, stay_no;
