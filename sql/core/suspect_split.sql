-- One row is one change of a vendor's share basis that no listed split explained when it was seen, and what became of it (A.7).
--
-- The vendor began to serve every earlier close times one ratio. What is held keeps its basis; the bars from first_session on are
-- on another one, so core.price_bar does not use them until a split of that ratio is listed or a person releases one of them. A ratio
-- that the vendor puts right ends the suspicion that the wrong one caused (A.6): what the wrong one left unexplained is the right one
-- over it; what was rescaled by the wrong one stays explained by its telling; and where the wrong one was never listed, the vendor
-- rescales again, as the listed split says.
-- may be empty: every change of basis may be explained
-- key: security_id, first_session
create table core.suspect_split (
    security_id integer not null,       -- the security
    first_session date not null,        -- first session whose bar is on the unexplained basis
    ratio double not null,              -- closes before first_session, served over held: 0.5 as after a split of 2 for 1
    ended_by varchar check (ended_by in ('SPLIT', 'RELEASE')), -- a split was listed or put right, or a person decided; NULL while it is open
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
split as (
    select suspicion.security_id, suspicion.first_session, day.split_ratio * day.price_only_ratio as ratio
    from suspicion
    cross join param
    join core.corporate_action as day
        on day.security_id = suspicion.security_id
        -- The window in calendar days: 252 sessions a year.
        and day.ex_session >= suspicion.first_session - cast(param.listing_window * 365 / 252 as integer)
        and day.ex_session <= suspicion.first_session + cast(param.listing_window * 365 / 252 as integer)
),
-- Every telling of the splits near a suspicion that are still listed, in whatever ratio.
telling as (
    select
        suspicion.security_id, suspicion.first_session, listed.ex_date, said.amount as ratio, said.load_id,
        said.load_id > suspicion.load_id as is_later
    from suspicion
    cross join param
    join core.listed_action as listed
        on listed.security_id = suspicion.security_id and listed.kind = 'split' and listed.is_sound
        and listed.ex_session >= suspicion.first_session - cast(param.listing_window * 365 / 252 as integer)
        and listed.ex_session <= suspicion.first_session + cast(param.listing_window * 365 / 252 as integer)
    join core.line_symbol as line
        on line.security_id = listed.security_id and line.valid_from <= listed.ex_date and listed.ex_date < line.valid_to
    join raw.corporate_action as said
        on said.symbol = line.symbol and said.ex_date = listed.ex_date and said.kind = 'split' and said.amount > 0 and isfinite(said.amount)
),
-- What the load listed that saw the suspicion: the suspicion is what that ratio left unexplained.
known as (
    select security_id, first_session, ex_date, ratio
    from telling
    where not is_later
    qualify row_number() over (partition by security_id, first_session, ex_date order by load_id desc, ratio) = 1
),
-- The vendor rescaled what came before it as a later listed split says: it no longer serves what was suspected.
rebased as (
    select suspicion.security_id, suspicion.first_session, change.ratio
    from suspicion
    join core.line_symbol as line on line.security_id = suspicion.security_id
    join raw.restatement as change
        on change.symbol = line.symbol and line.valid_from <= change.first_session and change.first_session < line.valid_to
        and change.kind = 'BASIS_CHANGE' and change.item = 'close' and change.ratio > 0
        and change.first_session < suspicion.first_session and change.load_id > suspicion.load_id
),
explained as (
    select suspicion.security_id, suspicion.first_session
    from suspicion
    cross join param
    join split on split.security_id = suspicion.security_id and split.first_session = suspicion.first_session
    where abs(suspicion.ratio * split.ratio - 1) <= param.tolerance
    union
    -- A ratio that was put right, or that explained the change before the vendor put it right.
    select suspicion.security_id, suspicion.first_session
    from suspicion
    cross join param
    join telling
        on telling.security_id = suspicion.security_id and telling.first_session = suspicion.first_session and telling.is_later
    left join known
        on known.security_id = telling.security_id and known.first_session = telling.first_session and known.ex_date = telling.ex_date
    -- A small ratio is near to 1 whatever was put right.
    where abs(suspicion.ratio * telling.ratio / coalesce(known.ratio, 1) - 1) <= least(param.tolerance, abs(suspicion.ratio - 1) / 2)
    union
    select rebased.security_id, rebased.first_session
    from rebased
    cross join param
    join split on split.security_id = rebased.security_id and split.first_session = rebased.first_session and split.ratio <> 1
    where abs(rebased.ratio * split.ratio - 1) <= param.tolerance
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
