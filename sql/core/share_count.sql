-- One row is one spell of the share count of a security as an investor knew it (E.1), with absurd counts flagged.
--
-- A count that is not believed does not end the spell before it in substance: the row says what was reported and why it was not
-- used, and shares_fwd carries the count that holds instead, or is NULL where none does. A count is judged when it became known,
-- with what was known then; before the fifth session of a line's prices there is nothing to judge by, so it waits until then.
-- seldom empty: the counts may be of symbols that are not ours
-- key: security_id, known_from
create table core.share_count (
    security_id integer not null,       -- the line
    known_from date not null,           -- first session at whose close the count was known; STALE: first date on which it is too old
    known_to date,                      -- first session of the next count; NULL for the latest
    as_of date not null,                -- date that shares_reported describes
    shares_fwd double,                  -- shares in force on the first share basis (count / share_factor of its basis); NULL when none is believed
    shares_reported double,             -- the count as reported
    kind varchar not null,              -- vendor or reported
    is_jump boolean not null,           -- moved more than 20 % against the previous usable count without a true split
    quarantine_reason varchar,          -- why shares_reported is not used: NONPOSITIVE, UNIT, TURNOVER, JUMP, BASIS or STALE; NULL when it is
    turnover_share double,              -- median daily volume of the 60 sessions before / shares_reported on one basis; NULL when nothing traded
    pit_grade varchar not null          -- A observed within five days of becoming known, B back-filled with its real date (0.3)
);

with param as (
    select
        max(value) filter (where name = 'shares.jump_flag') as jump_flag,
        max(value) filter (where name = 'shares.jump_quarantine') as jump_quarantine,
        max(value) filter (where name = 'shares.unit_tolerance') as unit_tolerance,
        max(value) filter (where name = 'shares.turnover_min') as turnover_min,
        max(value) filter (where name = 'shares.turnover_max') as turnover_max,
        max(value) filter (where name = 'shares.vendor_max_age_days') as vendor_max_age_days,
        max(value) filter (where name = 'shares.carry_max_days') as carry_max_days,
        max(value) filter (where name = 'shares.basis_window_days') as basis_window_days,
        max(value) filter (where name = 'shares.confirm_tolerance') as confirm_tolerance,
        max(value) filter (where name = 'split.share_tolerance') as split_tolerance,
        max(value) filter (where name = 'price.gap_max_sessions') as gap_max
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
counted as (
    select
        line.security_id,
        said.kind, said.as_of, said.known_on, said.basis_date, said.shares, said.load_id, said.fetched_at
    from raw.share_count as said
    join core.line_symbol as line on line.symbol = said.symbol and line.valid_from <= said.as_of and said.as_of < line.valid_to
    anti join core.symbol_predecessor as other
        on other.symbol = said.symbol and said.known_on < other.changed_on and other.known_to is null
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
        on_basis.is_basis_unclear, on_basis.true_basis, on_basis.fetched_at
    from on_basis
    left join core.split_regime as regime
        on regime.security_id = on_basis.security_id and regime.valid_from <= on_basis.true_basis
        and (regime.valid_to is null or on_basis.true_basis < regime.valid_to)
    -- Later loads repeat what earlier ones said; the first says when we knew.
    qualify row_number() over (
        partition by on_basis.security_id, on_basis.kind, on_basis.as_of, on_basis.known_on, round(shares_fwd)
        order by on_basis.fetched_at, on_basis.load_id
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
    select in_forward.*, greatest(known.session_no, coalesce(first_price.session_no + 5, 0)) as judged_no
    from in_forward
    join calendar as known on known.day = in_forward.known_on
    left join first_price on first_price.security_id = in_forward.security_id
    cross join param
    -- A line that begins to trade when others with counts do already: what its symbol filed well before is another company's.
    where first_price.session_no is null or known.session_no >= first_price.session_no - param.gap_max
        or first_price.session_no <= (select min(session_no) from first_price) + param.gap_max
),
-- Every fifth session is enough for a median of 60.
slot as (
    select security_id, judged_slot, unnest(generate_series(judged_slot - 11, judged_slot)) as volume_slot
    from (select distinct security_id, (judged_no - 1) // 5 as judged_slot from judged)
),
usual_volume as (
    select slot.security_id, slot.judged_slot, median(price.volume / coalesce(regime.share_factor, 1)) as volume_fwd
    from slot
    join core.daily_price as price
        on price.security_id = slot.security_id and price.session_no = 5 * slot.volume_slot
    left join core.split_regime as regime
        on regime.security_id = price.security_id and regime.valid_from <= price.session
        and (regime.valid_to is null or price.session < regime.valid_to)
    where price.is_traded and price.session_no % 5 = 0 -- said again for the scan
    group by all
)
select
    judged.security_id, session.session as known_from, judged.known_on, judged.kind, judged.as_of, judged.shares_reported, judged.shares_fwd,
    judged.is_basis_unclear, coalesce(recent_split.ratio, 1.0) as split_ratio, usual_volume.volume_fwd,
    case when datediff('day', judged.known_on, judged.fetched_at::date) <= 5 then 'A' else 'B' end as pit_grade,
    param.jump_flag, param.jump_quarantine, param.unit_tolerance, param.turnover_min, param.turnover_max,
    (select max(session) from core.session) as through, param.vendor_max_age_days, param.carry_max_days, param.confirm_tolerance, param.split_tolerance
from judged
join core.session as session on session.session_no = judged.judged_no
left join recent_split on recent_split.security_id = judged.security_id and recent_split.true_basis = judged.true_basis
left join usual_volume on usual_volume.security_id = judged.security_id and usual_volume.judged_slot = (judged.judged_no - 1) // 5
cross join param
order by judged.security_id, session.session, judged.known_on, judged.as_of, judged.kind, judged.shares_fwd
