-- One row is one version of a reported street EPS, from the session at whose close it was known (0.3).
--
-- What was told first counts from the release on, however late it was fetched. What a source says differently later counts from the
-- session on which it was shown: a restatement changes no trailing sum of the past, as one of a statement does not.
-- seldom empty: no result may have been told yet
-- key: event_id, known_from
create table core.earnings_result (
    event_id varchar not null,          -- as in core.earnings_event
    issuer_id integer not null,         -- the company
    fiscal_period_end date not null,    -- month end nearest to the end of the fiscal quarter
    known_from date not null,           -- first session at whose close this figure was known
    known_to date,                      -- first session of the next version, or on which it was known to be another company's; NULL for the latest
    eps_actual_fwd double not null,     -- street EPS on the first share basis, USD
    pit_grade varchar not null          -- of the event: A observed before it happened, B back-filled with its real date
);

insert into core.earnings_result by name
with told as (
    select
        event_id, issuer_id, fiscal_period_end, observed_on, eps_actual_fwd, disowned_from, owned_from,
        case
            when lag(observed_on) over (partition by event_id order by observed_on) is null then release_session
            else greatest(release_session, shown_session)
        end as known_from
    from core.earnings_observation
    where eps_actual_fwd is not null
    qualify eps_actual_fwd is distinct from lag(eps_actual_fwd) over (partition by event_id order by observed_on)
),
-- Of several versions before one close the last one counts.
version as (
    select event_id, issuer_id, fiscal_period_end, known_from, eps_actual_fwd, disowned_from, owned_from
    from told
    where known_from <= (select max(session) from core.session)
    qualify row_number() over (partition by event_id, known_from order by observed_on desc) = 1
),
spell as (
    select
        version.event_id, version.issuer_id, version.fiscal_period_end, version.known_from,
        lead(version.known_from, 1, date '9999-12-31') over (partition by version.event_id order by version.known_from) as known_to,
        version.eps_actual_fwd, disowned.session as disowned_from, coalesce(owned.session, date '9999-12-31') as owned_from
    from version
    left join core.session as disowned
        on disowned.previous_session < version.disowned_from and version.disowned_from <= disowned.session
    left join core.session as owned on owned.previous_session < version.owned_from and version.owned_from <= owned.session
),
-- What was another company's for a while is known in two spells.
owned as (
    select event_id, issuer_id, fiscal_period_end, known_from, least(known_to, coalesce(disowned_from, known_to)) as known_to, eps_actual_fwd
    from spell
    where known_from < coalesce(disowned_from, known_to)
    union all
    select event_id, issuer_id, fiscal_period_end, greatest(known_from, owned_from), known_to, eps_actual_fwd
    from spell
    where disowned_from is not null and greatest(known_from, owned_from) < known_to
)
select
    owned.event_id, owned.issuer_id, owned.fiscal_period_end, owned.known_from, nullif(owned.known_to, date '9999-12-31') as known_to,
    owned.eps_actual_fwd, event.pit_grade
from owned
join core.earnings_event as event on event.event_id = owned.event_id;
