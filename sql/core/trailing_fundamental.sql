-- One row is one spell of a company's trailing twelve months as an investor knew them (E.1, TTM rule), one per basis.
--
-- street: sum of four reported EPS, on the first share basis, to be multiplied by the shares of the day on that basis.
-- gaap: sum of four quarters of net income in USD. A spell whose quarters do not satisfy the rule has a NULL and a reason.
-- A filing counts from the session after its date; without a date, five sessions after the announcement of the period or after the
-- statutory lag, whichever comes first. Of several versions of a quarter the latest known by then counts. A period told by its label
-- ends where the issuer's calendar of that day puts it (core.fiscal_calendar), all of its periods alike.
-- seldom empty: nobody may have four quarters yet
-- key: issuer_id, basis, known_from
create table core.trailing_fundamental (
    issuer_id integer not null,         -- the company
    basis varchar not null check (basis in ('street', 'gaap')), -- never mixed in one aggregate
    known_from date not null,           -- first session at whose close the spell holds
    known_to date,                      -- first session of the next spell; NULL for the latest
    period_end date not null,           -- month end nearest to the end of the latest quarter in the sum
    stale_from date not null,           -- first date on which the sum is too old: more than 200 days after period_end
    eps_fwd double,                     -- street: trailing EPS on the first share basis, USD
    net_income_usd double,              -- gaap: trailing net income to common, USD
    revenue_usd double,                 -- gaap: trailing revenue, USD; NULL also when a quarter has none or it is below zero: no revenue then
    book_equity_usd double,             -- gaap: latest known book equity, USD
    n_quarters smallint not null,       -- quarters in the sum
    is_derived_quarter boolean not null, -- a quarter is the year less three quarters
    null_reason varchar,                -- why the trailing sum is NULL (0.4): INSUFFICIENT_HISTORY, also when its quarters do not follow each other
    pit_grade varchar not null          -- worst of its quarters: A observed live, B real announcement or filing date, C assumed lag
);

insert into core.trailing_fundamental by name
with param as (
    select
        max(value) filter (where name = 'ttm.max_age_days')::integer as max_age_days,
        max(value) filter (where name = 'ttm.min_gap_days')::integer as min_gap_days,
        max(value) filter (where name = 'ttm.max_gap_days')::integer as max_gap_days,
        max(value) filter (where name = 'ttm.min_year_days')::integer as min_year_days,
        max(value) filter (where name = 'ttm.max_year_days')::integer as max_year_days,
        max(value) filter (where name = 'ttm.month_end_days')::integer as month_end_days,
        max(value) filter (where name = 'ttm.match_min_days')::integer as match_days,
        max(value) filter (where name = 'fiscal.late_max_days')::integer as late_max_days,
        max(value) filter (where name = 'statement.lag_q_days')::integer as lag_q_days,
        max(value) filter (where name = 'statement.lag_fy_days')::integer as lag_fy_days,
        max(value) filter (where name = 'knowledge.balance_lag_sessions')::integer as balance_lag_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Amounts in another currency than the price are no earnings of that price (E.1).
filed as (
    select
        line.issuer_id, line.is_primary, statement.symbol, statement.fiscal_period, statement.fiscal_period_end,
        4 * cast(right(statement.fiscal_label, 4) as integer)
        + case when statement.fiscal_period = 'FY' then 4 else cast(substr(statement.fiscal_label, 2, 1) as integer) end as quarter_no,
        statement.known_on, statement.revenue, statement.net_income, statement.book_equity, statement.load_id,
        disowned.session as disowned_from, owned.session as owned_from
    from raw.statement as statement
    join core.line_symbol as holder
        on holder.symbol = statement.symbol and holder.valid_from <= coalesce(statement.known_on, statement.fiscal_period_end)
        and coalesce(statement.known_on, statement.fiscal_period_end) < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
    left join core.symbol_predecessor as other
        on other.symbol = statement.symbol and other.security_id = holder.security_id
        and coalesce(statement.known_on, statement.fiscal_period_end) < other.changed_on
    left join core.session as disowned on disowned.previous_session < other.known_from and other.known_from <= disowned.session
    left join core.session as owned on owned.previous_session < other.known_to and other.known_to <= owned.session
    where statement.net_income is not null and statement.currency = line.currency
),
calendar as (
    select issuer_id, phase, label_shift, min(known_from) as believed_from, max(coalesce(known_to, date '9999-12-31')) as believed_to
    from core.fiscal_calendar
    group by issuer_id, phase, label_shift
    union all
    -- What no date says is known may be known before the first of them is believed.
    select distinct issuer_id, null, null, date '1900-01-01', date '9999-12-31'
    from filed
    where known_on is null or issuer_id not in (select issuer_id from core.fiscal_calendar)
),
-- A label that goes on counting, or that was told before, can be believed. One that is behind is an error for a later quarter.
counted as (
    select
        *,
        coalesce(quarter_no > max(quarter_no) over (
            partition by issuer_id order by known_on range between unbounded preceding and interval 1 day preceding
        ), true)
        or known_on > min(known_on) over (partition by issuer_id, fiscal_period, quarter_no) as is_in_turn
    from filed
),
-- Under each calendar that the issuer was ever believed to have, and under none. A label that counts like the others tells the
-- end, unless that would come after the report.
possible as (
    select
        counted.*, calendar.phase, calendar.label_shift,
        last_day(
            counted.known_on + 1 - param.match_days
            - to_months(1 + (month(counted.known_on + 1 - param.match_days) + 11 - coalesce(calendar.phase, 0)) % 3)
            - to_months(3 * (max(counted.quarter_no) over (partition by counted.symbol, counted.known_on, calendar.phase, calendar.label_shift) - counted.quarter_no))
        ) as dated_end,
        last_day(make_date(
            (3 * counted.quarter_no + calendar.label_shift) // 12, (3 * counted.quarter_no + calendar.label_shift) % 12 + 1, 1
        )) as labelled_end,
        param.late_max_days
    from counted
    cross join param
    -- Of the time in which a calendar is believed, and as far back as is looked then.
    join calendar
        on calendar.issuer_id = counted.issuer_id and coalesce(counted.known_on, counted.fiscal_period_end) < calendar.believed_to
        and coalesce(counted.known_on, counted.fiscal_period_end) >= calendar.believed_from - 830
),
placed as (
    select
        * exclude (dated_end, labelled_end, late_max_days, fiscal_period_end, is_in_turn),
        case
            when quarter_no is null then fiscal_period_end
            when is_in_turn and known_on - labelled_end between 0 and late_max_days then labelled_end
            else dated_end
        end as ended_on
    from possible
),
filing_day as (
    select session as release_session, lead(session, param.balance_lag_sessions) over (order by session) as session
    from core.session
    cross join param
),
announced as (
    select event.issuer_id, event.fiscal_period_end as period_end, filing_day.session
    from core.earnings_event as event
    join filing_day on filing_day.release_session = event.known_session
    where filing_day.session is not null
),
dated as (
    select
        placed.*, last_day(placed.ended_on - 15) as period_end,
        coalesce(
            placed.known_on,
            last_day(placed.ended_on - 15) + case when placed.fiscal_period = 'Q' then param.lag_q_days else param.lag_fy_days end
        ) as public_on
    from placed
    cross join param
),
-- A day is followed by one session: a join on equal days is cheaper than one on the span between sessions.
following as (
    select
        session,
        coalesce(previous_session, date '1900-01-01') + cast(unnest(range(session - coalesce(previous_session, date '1900-01-01'))) as integer) as day
    from core.session
),
version as (
    select
        dated.issuer_id, dated.phase, dated.label_shift, dated.fiscal_period, dated.period_end, dated.ended_on,
        case when dated.known_on is null then least(session.session, announced.session) else session.session end as known_from,
        dated.revenue, dated.net_income, dated.book_equity, dated.disowned_from, dated.owned_from,
        case when dated.known_on is null then 'C' else 'B' end as pit_grade
    from dated
    left join announced on announced.issuer_id = dated.issuer_id and announced.period_end = dated.period_end
    left join following as session on session.day = dated.public_on
    where session.session is not null or (dated.known_on is null and announced.session is not null)
    -- One version a session: the last that was made public, as the earliest load told it (0.3, RECONSTRUCTED).
    qualify row_number() over (
        partition by dated.issuer_id, dated.phase, dated.label_shift, dated.fiscal_period, dated.period_end, known_from
        order by dated.public_on desc, dated.is_primary desc, dated.load_id, dated.net_income
    ) = 1
),
fact as (
    select
        'gaap' as basis, issuer_id, phase, label_shift, fiscal_period, period_end, ended_on, known_from,
        lead(known_from) over (
            partition by issuer_id, phase, label_shift, fiscal_period, period_end order by known_from
        ) as known_to,
        net_income as amount, revenue, book_equity, pit_grade, disowned_from, owned_from
    from version
    union all
    select
        'street', issuer_id, null, null, 'Q', fiscal_period_end, fiscal_period_end, known_from, known_to,
        eps_actual_fwd, null, null, pit_grade, null, null
    from core.earnings_result
),
moment as (
    select news.basis, news.issuer_id, news.on_session, calendar.phase, calendar.label_shift
    from (
        select basis, issuer_id, known_from as on_session from fact
        union
        select basis, issuer_id, disowned_from from fact where disowned_from > known_from
        union
        select basis, issuer_id, owned_from from fact where owned_from > known_from
        union
        -- A result that ends without another was another company's.
        select basis, issuer_id, known_to from fact where basis = 'street' and known_to is not null
    ) as news
    left join core.fiscal_calendar as calendar
        on calendar.issuer_id = news.issuer_id and news.basis = 'gaap'
        and calendar.known_from <= news.on_session and (calendar.known_to is null or news.on_session < calendar.known_to)
),
-- Everything recent that was known when something new became known.
known as (
    select moment.basis, moment.issuer_id, moment.on_session, fact.fiscal_period, fact.period_end, fact.ended_on, fact.amount, fact.revenue,
        fact.book_equity, fact.pit_grade
    from moment
    join fact
        on fact.basis = moment.basis and fact.issuer_id = moment.issuer_id
        and coalesce(fact.phase, -1) = coalesce(moment.phase, -1) and coalesce(fact.label_shift, -99999) = coalesce(moment.label_shift, -99999)
        and fact.known_from <= moment.on_session and (fact.known_to is null or moment.on_session < fact.known_to)
        and fact.period_end > moment.on_session - 800
        and (fact.disowned_from is null or moment.on_session < fact.disowned_from or fact.owned_from <= moment.on_session)
),
derived as (
    select
        fiscal_year.basis, fiscal_year.issuer_id, fiscal_year.on_session, fiscal_year.period_end, fiscal_year.ended_on,
        fiscal_year.amount - sum(quarter.amount order by quarter.period_end) as amount,
        -- Below zero the year and its quarters tell revenue in two ways (banks: net and gross of interest paid).
        case
            when count(quarter.revenue) = 3 and fiscal_year.revenue >= sum(quarter.revenue order by quarter.period_end)
                then fiscal_year.revenue - sum(quarter.revenue order by quarter.period_end)
        end as revenue,
        greatest(fiscal_year.pit_grade, max(quarter.pit_grade)) as pit_grade
    from known as fiscal_year
    join known as quarter
        on quarter.basis = fiscal_year.basis and quarter.issuer_id = fiscal_year.issuer_id and quarter.on_session = fiscal_year.on_session
        and quarter.fiscal_period = 'Q' and quarter.period_end <= fiscal_year.period_end and quarter.period_end > fiscal_year.period_end - 300
    where fiscal_year.fiscal_period = 'FY'
    group by fiscal_year.basis, fiscal_year.issuer_id, fiscal_year.on_session, fiscal_year.period_end, fiscal_year.ended_on,
        fiscal_year.amount, fiscal_year.revenue, fiscal_year.pit_grade
    -- Three quarters, the fourth not among them.
    having count(*) = 3 and max(quarter.period_end) < fiscal_year.period_end
),
quarter as (
    select basis, issuer_id, on_session, period_end, ended_on, amount, revenue, pit_grade, false as is_derived
    from known
    where fiscal_period = 'Q'
    union all
    select basis, issuer_id, on_session, period_end, ended_on, amount, revenue, pit_grade, true
    from derived
),
latest_four as (
    select
        *,
        datediff('day', lead(ended_on) over latest_first, ended_on) as gap_days,
        row_number() over latest_first as age
    from quarter
    window latest_first as (partition by basis, issuer_id, on_session order by period_end desc)
    qualify age <= 4
),
summed as (
    select
        basis, issuer_id, on_session,
        max(period_end) as period_end,
        count(*) as n_quarters,
        sum(amount order by period_end) as amount,
        case when count(revenue) = 4 then sum(revenue order by period_end) end as revenue,
        bool_or(is_derived) as is_derived_quarter,
        min(gap_days) filter (where age <= 3) as min_gap_days,
        max(gap_days) filter (where age <= 3) as max_gap_days,
        sum(gap_days) filter (where age <= 3) as three_gap_days,
        max(gap_days) filter (where age = 4) as first_gap_days,
        max(pit_grade) as pit_grade
    from latest_four
    group by basis, issuer_id, on_session
),
book as (
    select basis, issuer_id, on_session, max_by(book_equity, (period_end, fiscal_period)) as book_equity
    from known
    where book_equity is not null
    group by basis, issuer_id, on_session
),
judged as (
    select
        summed.*, book.book_equity, param.max_age_days,
        case
            when summed.n_quarters < 4 then 'INSUFFICIENT_HISTORY'
            when summed.min_gap_days < param.min_gap_days - slack.days or summed.max_gap_days > param.max_gap_days + slack.days
                then 'INSUFFICIENT_HISTORY'
            -- How long the first of the four was tells the end of the one before it, if that is known; else it was as long as a quarter may be.
            when summed.first_gap_days <= param.max_gap_days + slack.days
                and summed.three_gap_days + summed.first_gap_days
                not between param.min_year_days - slack.days and param.max_year_days + slack.days
                then 'INSUFFICIENT_HISTORY'
            when summed.three_gap_days
                not between param.min_year_days - param.max_gap_days - slack.days and param.max_year_days - param.min_gap_days + slack.days
                then 'INSUFFICIENT_HISTORY'
        end as null_reason
    from summed
    cross join param
    -- Announcements are kept by the month end of their quarter.
    cross join lateral (select case when summed.basis = 'street' then param.month_end_days else 0 end as days) as slack
    left join book on book.basis = summed.basis and book.issuer_id = summed.issuer_id and book.on_session = summed.on_session
)
select
    judged.issuer_id, judged.basis, judged.on_session as known_from, following_moment.on_session as known_to,
    judged.period_end, judged.period_end + judged.max_age_days + 1 as stale_from,
    case when judged.basis = 'street' and judged.null_reason is null then judged.amount end as eps_fwd,
    case when judged.basis = 'gaap' and judged.null_reason is null then judged.amount end as net_income_usd,
    case when judged.basis = 'gaap' and judged.null_reason is null and judged.revenue >= 0 then judged.revenue end as revenue_usd,
    judged.book_equity as book_equity_usd,
    judged.n_quarters, judged.is_derived_quarter, judged.null_reason, judged.pit_grade
from judged
-- A moment from which on nothing is known any more has no spell.
join (
    select basis, issuer_id, on_session as at_session, lead(on_session) over (partition by basis, issuer_id order by on_session) as on_session
    from moment
) as following_moment
    on following_moment.basis = judged.basis and following_moment.issuer_id = judged.issuer_id and following_moment.at_session = judged.on_session;
