-- One row is one line that takes a weight in a universe with quarterly equal weights (C.7): at a reset, or at a change in between.
--
-- At a reset every company has the same weight, at the prices of the reference session (of the reset where there was none). From
-- then on a weight drifts with the price. Companies that come in on a session share equally what those that leave on it had, at
-- the last prices, but none takes more than the mean of those that leave: with one in and one out it is the removed name's
-- weight, with fewer in than out the rest falls to all that are held, in proportion (they stay as they are, the total shrinks),
-- and where none leaves a newcomer waits for the next reset. A company that stays keeps its weight when one of its lines comes
-- or leaves. The lines of a company share its weight by cap (B.6). A delisting return changes no such weight: no weight rests on
-- an assumption.
-- A row holds until the line's next one, the line leaves or the next reset.
-- seldom empty: the history may be too short for a reset
-- key: universe_id, session, security_id
create table core.equal_weight_holding (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- first session that it earns with this weight
    security_id integer not null,       -- the member line
    stay_from date not null,            -- its stay in core.universe_stay
    reset_session date not null,        -- close after which the weights were last made equal
    value_per_price double not null     -- times close_fwd_e9: its value, where a company had the value 1 at the last reset
);

insert into core.equal_weight_holding by name
with recursive period as (
    select session as first_session, coalesce(lead(session) over (order by session), date '9999-12-31') as until, reset_session
    from core.equal_weight_reset
),
numbered as (
    select
        line.*,
        line.session = period.first_session as is_reset,
        dense_rank() over (partition by line.universe_id, line.reset_session order by line.session) as turn_no,
        bool_or(line.is_in_before) over company as is_company_in_before,
        bool_or(line.is_in_after) over company as is_company_in_after
    from core.equal_weight_line as line
    join period on period.reset_session = line.reset_session
    where period.until > $first and line.session <= $last
    window company as (partition by line.universe_id, line.session, line.issuer_id)
),
line as (
    select
        numbered.*,
        count(distinct case when not is_company_in_before and company_share is not null then issuer_id end)
            over (partition by universe_id, session) as n_in,
        lead(turn_no) over (partition by universe_id, reset_session, security_id, stay_from order by turn_no) as next_turn_no
    from numbered
),
-- Turn by turn, every universe's at once: what was decided at the turn, and what still waits for one of its own.
holding as (
    select
        universe_id, reset_session, turn_no, session, security_id, stay_from, next_turn_no, true as is_new,
        company_share / nullif(close_e9, 0) as value_per_price
    from line
    where is_reset and company_share is not null
    union all
    (
        with turn as (
            select distinct universe_id, reset_session, turn_no + 1 as turn_no
            from holding
        ),
        passed as (
            select
                line.*,
                coalesce(cast(round(holding.value_per_price * line.close_e9 * 1e15) as hugeint), 0) as value_e15
            from line
            join turn on turn.universe_id = line.universe_id and turn.reset_session = line.reset_session and turn.turn_no = line.turn_no
            left join holding
                on holding.universe_id = line.universe_id
                and holding.reset_session = line.reset_session
                and holding.next_turn_no = line.turn_no
                and holding.security_id = line.security_id
                and holding.stay_from = line.stay_from
        ),
        freed as (
            select
                universe_id, reset_session,
                sum(value_e15) filter (where not is_company_in_after) as value_e15,
                count(distinct issuer_id) filter (where not is_company_in_after and value_e15 > 0) as n_out
            from passed
            group by universe_id, reset_session
        ),
        company as (
            select
                passed.universe_id, passed.reset_session, passed.issuer_id,
                case
                    when any_value(passed.is_company_in_before) then sum(passed.value_e15) / 1e15
                    else any_value(freed.value_e15) / 1e15 / nullif(greatest(any_value(freed.n_out), any_value(passed.n_in)), 0)
                end as value
            from passed
            join freed on freed.universe_id = passed.universe_id and freed.reset_session = passed.reset_session
            group by passed.universe_id, passed.reset_session, passed.issuer_id
        )
        select
            passed.universe_id, passed.reset_session, passed.turn_no, passed.session, passed.security_id, passed.stay_from,
            passed.next_turn_no, true as is_new, company.value * passed.company_share / nullif(passed.close_e9, 0) as value_per_price
        from passed
        join company
            on company.universe_id = passed.universe_id
            and company.reset_session = passed.reset_session
            and company.issuer_id = passed.issuer_id
        where passed.company_share is not null and company.value > 0
        union all
        select universe_id, reset_session, turn_no + 1 as turn_no, session, security_id, stay_from, next_turn_no, false as is_new, value_per_price
        from holding
        where next_turn_no > turn_no + 1
    )
)
select universe_id, session, security_id, stay_from, reset_session, value_per_price
from holding
where is_new and session >= $first
order by session, universe_id, security_id;
