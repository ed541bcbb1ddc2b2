-- One row is one change of a vendor's share basis that no listed split explained when it was seen, and what became of it (A.7).
--
-- The vendor began to serve every earlier close times one ratio. What is held keeps its basis; the bars from first_session on are
-- on another one, so core.price_bar does not use them until a split of that ratio is listed or a person releases one of them.
-- may be empty: every change of basis may be explained
-- key: security_id, first_session
create table core.suspect_split (
    security_id integer not null,       -- the security
    first_session date not null,        -- first session whose bar is on the unexplained basis
    ratio double not null,              -- closes before first_session, served over held: 0.5 as after a split of 2 for 1
    ended_by varchar check (ended_by in ('SPLIT', 'RELEASE')), -- a split was listed, or a person decided; NULL while it is open
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
