-- One row is one change of a vendor's share basis that no listed split explained when it was seen, and what became of it (A.7).
--
-- The vendor began to serve every earlier close times one ratio. What is held keeps its basis; the bars from first_session on are
-- on another one, so core.price_bar does not use them until a split of that ratio is listed or a person releases one of them. Where a
-- split was listed with a wrong ratio, what it left unexplained is the right ratio over the wrong one, and the right one ends it (A.6).
-- may be empty: every change of basis may be explained
-- key: security_id, first_session
create table core.suspect_split (
    security_id integer not null,       -- the security
    first_session date not null,        -- first session whose bar is on the unexplained basis
    ratio double not null,              -- closes before first_session, served over held: 0.5 as after a split of 2 for 1
    ended_by varchar check (ended_by in ('SPLIT', 'RELEASE')), -- a split was listed or its ratio put right, or a person decided; NULL while it is open
    load_id varchar not null            -- landing load that first saw it
);

insert into core.suspect_split by name
with param as (
    select
        max(value) filter (where name = 'price.suspect_split_tolerance') as tolerance,
        max(value) filter (where name = 'split.listing_window_sessions') as listing_window
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
suspicion as (
    select line.security_id, seen.symbol, seen.first_session, seen.ratio, seen.load_id
    from raw.restatement as seen
    join core.line_symbol as line
        on line.symbol = seen.symbol and line.valid_from <= seen.first_session and seen.first_session < line.valid_to
    where seen.kind = 'SUSPECT_SPLIT' and seen.item = 'close' and seen.ratio > 0
    qualify row_number() over (partition by line.security_id, seen.first_session order by seen.load_id, seen.symbol) = 1
),
-- Splits of another ratio than the load listed that saw the suspicion.
corrected as (
    select suspicion.security_id, suspicion.first_session, split.ex_date, split.amount / arg_max(earlier.amount, earlier.load_id) as times
    from suspicion
    join core.listed_action as split on split.security_id = suspicion.security_id and split.kind = 'split' and split.is_sound
    join core.line_symbol as line on line.security_id = split.security_id
    join raw.corporate_action as earlier
        on earlier.symbol = line.symbol and line.valid_from <= earlier.ex_date and earlier.ex_date < line.valid_to
        and earlier.kind = 'split' and earlier.ex_date = split.ex_date and earlier.load_id <= suspicion.load_id
        and earlier.amount > 0 and isfinite(earlier.amount)
    group by suspicion.security_id, suspicion.first_session, split.ex_date, split.amount
),
explained as (
    select distinct suspicion.security_id, suspicion.first_session
    from suspicion
    cross join param
    join core.corporate_action as split
        on split.security_id = suspicion.security_id
        -- The window in calendar days: 252 sessions a year.
        and split.ex_session >= suspicion.first_session - cast(param.listing_window * 365 / 252 as integer)
        and split.ex_session <= suspicion.first_session + cast(param.listing_window * 365 / 252 as integer)
        and abs(suspicion.ratio * split.split_ratio * split.price_only_ratio - 1) <= param.tolerance
    union
    select suspicion.security_id, suspicion.first_session
    from suspicion
    cross join param
    join corrected
        on corrected.security_id = suspicion.security_id and corrected.first_session = suspicion.first_session
        and corrected.ex_date >= suspicion.first_session - cast(param.listing_window * 365 / 252 as integer)
        and corrected.ex_date <= suspicion.first_session + cast(param.listing_window * 365 / 252 as integer)
        -- A small ratio is near to 1 whatever was corrected.
        and abs(suspicion.ratio * corrected.times - 1) <= least(param.tolerance, abs(suspicion.ratio - 1) / 2)
),
-- The question is one for all the bars concerned, so releasing any of them answers it.
released as (
    select distinct suspicion.security_id, suspicion.first_session
    from suspicion
    join core.quarantine_release as release
        on release.security_id = suspicion.security_id and release.reason = 'SUSPECT_SPLIT' and release.session >= suspicion.first_session
)
select
    suspicion.security_id,
    suspicion.first_session,
    suspicion.ratio,
    case
        when explained.security_id is not null then 'SPLIT'
        when released.security_id is not null then 'RELEASE'
    end as ended_by,
    suspicion.load_id
from suspicion
left join explained on explained.security_id = suspicion.security_id and explained.first_session = suspicion.first_session
left join released on released.security_id = suspicion.security_id and released.first_session = suspicion.first_session
order by suspicion.first_session, suspicion.security_id;
