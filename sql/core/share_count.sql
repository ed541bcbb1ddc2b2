-- One row is one spell of the share count of a security as an investor knew it (B.6, E.1), with the counts that are not believed.
--
-- A count is judged when it becomes known, with what was known then; before the fifth session of a line's prices there is nothing to
-- judge by, so it waits until then. One that is not believed is a row all the same: it says what was reported and by which rule it is
-- doubted, and shares_fwd is the count that goes on instead, or NULL where none does. Counts of a worse kind than the one believed are
-- not looked at while that one is fresh. The market that counts are compared with is that of the month end before, made of counts that
-- were believed then.
-- seldom empty: the counts may be of symbols that are not ours
-- key: security_id, known_from
create table core.share_count (
    security_id integer not null,       -- the line
    known_from date not null,           -- first session at whose close the count was known; STALE: first date on which it is too old
    known_to date,                      -- first session of the next count; NULL for the latest
    as_of date not null,                -- date that shares_reported describes
    shares_fwd double,                  -- shares in force on the first share basis (count / share_factor of its basis); NULL when none is believed
    shares_reported double,             -- the count as reported
    kind varchar not null,              -- cover_page, reported (by a filing), balance_sheet, vendor or diluted
    is_jump boolean not null,           -- moved more than 20 % against the count believed before without a true split
    quarantine_reason varchar,          -- why shares_reported is not used: NONPOSITIVE, BASIS, TURNOVER (1), UNIT (2), RANK (4), CROSS_SECTION (5), UNSTEADY, UNJUDGED or STALE; NULL when it is
    doubted_by varchar,                 -- of a count that is used though a rule of B.6 speaks against it: the rule; else NULL
    cleared_by varchar,                 -- what cleared the doubt: EARNINGS, NEXT_COUNT, or THREE_FILINGS (the counts believed before were wrong); else NULL
    turnover_share double,              -- median daily volume of the 60 sessions before / shares_reported on one basis; NULL when nothing traded
    pit_grade varchar not null          -- A observed within five days of becoming known, B back-filled with its real date (0.3)
);

with param as (
    select
        max(value) filter (where name = 'shares.basis_window_days') as basis_window_days,
        max(value) filter (where name = 'shares.carry_max_days') as carry_max_days,
        max(value) filter (where name = 'shares.eps_min') as eps_min,
        max(value) filter (where name = 'shares.eps_max_age_days') as eps_max_age_days,
        max(value) filter (where name = 'split.share_tolerance') as split_tolerance,
        max(value) filter (where name = 'price.gap_max_sessions') as gap_max
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
counted as (
    select
        line.security_id,
        said.kind, said.as_of, said.known_on, said.basis_date, said.shares, said.load_id, said.fetched_at,
        other.known_from as disowned_from
    from raw.share_count as said
    -- A filing is under the symbol of its day, a vendor's count under that of the day which it describes.
    join core.line_symbol as line
        on line.symbol = said.symbol
        and line.valid_from <= case when said.kind = 'vendor' then said.as_of else said.known_on end
        and case when said.kind = 'vendor' then said.as_of else said.known_on end < line.valid_to
    left join core.symbol_predecessor as other
        on other.symbol = said.symbol and other.security_id = line.security_id and said.known_on < other.changed_on
),
split as (
    select
        security_id, valid_from as ex_session,
        share_factor / lag(share_factor) over (partition by security_id order by valid_from) as ratio
    from core.split_regime
    qualify ratio <> 1
),
-- A vendor series does not say its basis. Around a split of ratio q its own counts do: they move by q as reported, not at all
-- when the vendor has rewritten the past (A.7).
around as (
    select
        counted.security_id, counted.load_id, split.ex_session, split.ratio,
        median(counted.shares) filter (where counted.as_of >= split.ex_session)
            / nullif(median(counted.shares) filter (where counted.as_of < split.ex_session), 0) as moved_by
    from counted
    join split on split.security_id = counted.security_id and abs(datediff('day', counted.as_of, split.ex_session)) <= 30
    where counted.kind = 'vendor' and counted.shares > 0
    group by all
),
verdict as (
    select
        security_id, load_id,
        bool_or(abs(moved_by / ratio - 1) <= split_tolerance) as is_as_reported,
        bool_or(abs(moved_by - 1) <= split_tolerance) as is_rewritten,
        max(ex_session) as ex_session
    from around, param
    where moved_by is not null
    group by all
),
on_basis as (
    select
        counted.*,
        case
            when verdict.is_as_reported and not verdict.is_rewritten then counted.as_of
            when verdict.is_rewritten and not verdict.is_as_reported then greatest(counted.basis_date, verdict.ex_session)
            else counted.basis_date
        end as true_basis,
        coalesce(verdict.is_as_reported = verdict.is_rewritten, false) as is_basis_unclear
    from counted
    left join verdict on verdict.security_id = counted.security_id and verdict.load_id = counted.load_id and counted.kind = 'vendor'
),
in_forward as (
    select
        on_basis.security_id, on_basis.kind, on_basis.as_of, on_basis.known_on, on_basis.shares as shares_reported,
        on_basis.shares / coalesce(regime.share_factor, 1) as shares_fwd,
        on_basis.is_basis_unclear, on_basis.true_basis, on_basis.fetched_at, on_basis.disowned_from
    from on_basis
    left join core.split_regime as regime
        on regime.security_id = on_basis.security_id and regime.valid_from <= on_basis.true_basis
        and (regime.valid_to is null or on_basis.true_basis < regime.valid_to)
    -- Later loads repeat what earlier ones said; the first says when we knew.
    qualify row_number() over (
        partition by on_basis.security_id, on_basis.kind, on_basis.as_of, on_basis.known_on, round(shares_fwd)
        order by on_basis.fetched_at, on_basis.load_id, on_basis.disowned_from
    ) = 1
),
recent_split as (
    select in_forward.security_id, in_forward.true_basis, product(split.ratio) as ratio
    from (select distinct security_id, true_basis from in_forward) as in_forward
    join split on split.security_id = in_forward.security_id
    cross join param
    where split.ex_session <= in_forward.true_basis and datediff('day', split.ex_session, in_forward.true_basis) <= param.basis_window_days
    group by all
),
first_price as (
    select security_id, min(session_no) as session_no
    from core.daily_price
    where close_usd is not null and security_id in (select security_id from counted)
    group by security_id
),
-- A row a day, with the session after it: a join by the day, where one between two sessions meets every pair.
calendar as (
    select
        session, session_no,
        cast(unnest(generate_series(coalesce(previous_session, date '1900-01-01'), session - interval 1 day, interval 1 day)) as date) as day
    from core.session
),
judged as (
    select
        in_forward.*, greatest(known.session_no, coalesce(first_price.session_no + 5, 0)) as judged_no,
        -- Of the counts that waited for prices the latest is judged: the older ones are of another time than the prices.
        coalesce(known.session_no < first_price.session_no + 5, false) and in_forward.known_on < max(in_forward.known_on)
            filter (where known.session_no < first_price.session_no + 5) over (partition by in_forward.security_id) as is_older
    from in_forward
    join calendar as known on known.day = in_forward.known_on
    left join first_price on first_price.security_id = in_forward.security_id
    cross join param
    -- A line that begins to trade when others with counts do already: what its symbol filed well before is another company's.
    where (first_price.session_no is null or known.session_no >= first_price.session_no - param.gap_max
        or first_price.session_no <= (select min(session_no) from first_price) + param.gap_max)
    qualify not is_older or datediff('day', in_forward.known_on, max(in_forward.known_on) filter (where known.session_no < first_price.session_no + 5)
        over (partition by in_forward.security_id)) <= param.carry_max_days
),
-- Every fifth session is enough for a median of 60; of a line that has just begun all sessions are looked at.
slot as (
    select security_id, judged_slot, unnest(generate_series(judged_slot - 11, judged_slot)) as volume_slot
    from (select distinct security_id, (judged_no - 1) // 5 as judged_slot from judged)
),
young as (
    select security_id, judged_slot, unnest(generate_series(first_no, judged_no - 1)) as session_no
    from (
        select judged.security_id, (judged.judged_no - 1) // 5 as judged_slot, first_price.session_no as first_no, min(judged.judged_no) as judged_no
        from judged
        join first_price on first_price.security_id = judged.security_id and judged.judged_no <= first_price.session_no + 15
        group by all
    ) as begun
),
looked_at as (
    select slot.security_id, slot.judged_slot, price.session, price.session_no, price.volume, price.dollar_volume_usd, price.close_fwd_e9
    from slot
    join core.daily_price as price on price.security_id = slot.security_id and price.session_no = 5 * slot.volume_slot
    where price.is_traded and price.session_no % 5 = 0 -- said again for the scan
    union all
    select young.security_id, young.judged_slot, price.session, price.session_no, price.volume, price.dollar_volume_usd, price.close_fwd_e9
    from young
    join core.daily_price as price on price.security_id = young.security_id and price.session_no = young.session_no
    where price.is_traded and price.session_no % 5 <> 0
),
usual_volume as (
    select
        price.security_id, price.judged_slot, median(price.volume / coalesce(regime.share_factor, 1)) as volume_fwd,
        median(price.dollar_volume_usd) as dollar_volume_usd, arg_max(price.close_fwd_e9, price.session_no) / 1e9 as close_fwd
    from looked_at as price
    left join core.split_regime as regime
        on regime.security_id = price.security_id and regime.valid_from <= price.session
        and (regime.valid_to is null or price.session < regime.valid_to)
    group by all
),
-- Net income over earnings per share of one quarter: the count that both were made with, known when the later of them was.
earned as (
    select distinct
        line.security_id, statement.fiscal_period_end, greatest(statement.known_on, event.announced_on) as known_on,
        statement.net_income / event.eps_actual / coalesce(regime.share_factor, 1) as shares_fwd
    from raw.statement as statement
    cross join param
    join raw.earnings_event as event
        on event.symbol = statement.symbol and event.fiscal_period_end = statement.fiscal_period_end
    join core.line_symbol as line
        on line.symbol = statement.symbol and line.valid_from <= statement.known_on and statement.known_on < line.valid_to
    left join core.split_regime as regime
        on regime.security_id = line.security_id and regime.valid_from <= event.basis_date
        and (regime.valid_to is null or event.basis_date < regime.valid_to)
    where statement.fiscal_period = 'Q' and coalesce(statement.currency, 'USD') = 'USD'
        and abs(event.eps_actual) >= param.eps_min and statement.net_income / nullif(event.eps_actual, 0) > 0
),
reset as (
    select security_id, known_from, row_number() over (partition by security_id order by known_from, symbol, changed_on) as reset_no
    from core.symbol_predecessor
),
earnings as (
    select judged.security_id, judged.known_on, arg_max(earned.shares_fwd, (earned.known_on, earned.fiscal_period_end)) as shares_fwd
    from (select distinct security_id, known_on from judged) as judged
    join earned on earned.security_id = judged.security_id
    cross join param
    where earned.known_on <= judged.known_on and datediff('day', earned.known_on, judged.known_on) <= param.eps_max_age_days
    group by judged.security_id, judged.known_on
)
select
    'count' as what, judged.security_id, session.session, usual_volume.close_fwd, usual_volume.dollar_volume_usd,
    judged.known_on, judged.kind, judged.as_of, judged.shares_reported, judged.shares_fwd,
    judged.is_older, coalesce(reset.reset_no, 0) as reset_no, judged.is_basis_unclear, coalesce(recent_split.ratio, 1.0) as split_ratio, usual_volume.volume_fwd, earnings.shares_fwd as earnings_shares_fwd,
    case when datediff('day', judged.known_on, judged.fetched_at::date) <= 5 then 'A' else 'B' end as pit_grade,
    (select max(session) from core.session) as through, null as name, null as value
from judged
join core.session as session on session.session_no = judged.judged_no
left join recent_split on recent_split.security_id = judged.security_id and recent_split.true_basis = judged.true_basis
left join usual_volume on usual_volume.security_id = judged.security_id and usual_volume.judged_slot = (judged.judged_no - 1) // 5
left join earnings on earnings.security_id = judged.security_id and earnings.known_on = judged.known_on
-- From then on the counts of before are another company's.
asof left join reset on reset.security_id = judged.security_id and reset.known_from <= session.session
where judged.disowned_from is null or session.session < judged.disowned_from
union all by name
select
    'month' as what, volume.security_id, volume.session, volume.close_fwd_e9 / 1e9 as close_fwd, volume.dollar_volume_usd
from core.month_end_volume as volume
where volume.security_id in (select security_id from judged)
union all by name
select 'param' as what, name, value
from raw.method_param
where load_id = (select max(load_id) from raw.method_param)
    and name in (
        'shares.jump_flag', 'shares.jump_quarantine', 'shares.doubt_turnover', 'shares.fourfold_tolerance',
        'shares.unit_tolerance', 'shares.rank_first', 'shares.rank_places', 'shares.rank_factor', 'shares.fit_min_names',
        'shares.fit_trim_sd', 'shares.fit_above', 'shares.fit_below', 'shares.turnover_usual', 'shares.eps_tolerance',
        'shares.told_filings', 'shares.told_days', 'shares.kind_max_age_days', 'shares.carry_max_days',
        'shares.confirm_tolerance', 'split.share_tolerance'
    )
order by what, session, security_id, known_on, as_of, kind, shares_fwd
