-- One row is what one portfolio of a factor trades as it is formed anew: half the weight changes against the portfolio before (D.1).
--
-- The old weights have drifted to the close of the formation session as in mart.factor_portfolio: weight at formation times price growth
-- since, without the names that have left. There is no row where there was no such portfolio before.
-- seldom empty: the history may be too short for a second formation
-- key: formation_session, factor_id, variant, portfolio
create table core.factor_turnover (
    formation_session date not null,    -- month-end session at whose close the new portfolio is formed
    factor_id varchar not null,         -- sort: UMD, HML_EP, HML_BM, SMB (lists)
    variant varchar not null,           -- cap90, nyse, univ, cap90_ew, list_ew
    portfolio varchar not null,         -- SL, SM, SH, BL, BM, BH; S, B for lists
    turnover_one_way double not null    -- half the sum of |new weight - drifted weight|, 0..1
);

insert into core.factor_turnover by name
with param as (
    select max(value) filter (where name = 'price.gap_max_sessions') as gap_max_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
month_end as (
    select
        session as formation_session, session_no as formation_no,
        lag(session) over (order by session) as formed_on, lag(session_no) over (order by session) as formed_no
    from core.session
    where is_month_end
),
renewal as (
    select formation_session, formation_no, formed_on, formed_no
    from month_end
    where formation_session >= $first and formation_session <= $last and formed_on is not null
),
held as (
    select distinct renewal.formation_session, renewal.formation_no, renewal.formed_on, renewal.formed_no, holding.security_id
    from renewal
    join mart.factor_holding as holding on holding.formation_session = renewal.formed_on
),
-- A price meets its month first and its holding by equality: between two dates it would meet all holdings of the line.
renewed as (
    select session.session, renewal.formation_session
    from core.session
    join renewal on session.session > renewal.formed_on and session.session <= renewal.formation_session
),
-- Logs of price growth as integers, as in mart.factor_portfolio; dividends that cannot be told apart (adjusted closes) stay in.
grown as (
    select
        held.formation_session, held.formation_no, held.formed_on, held.security_id,
        sum(cast(round(1e15 * ln(1 + greatest(coalesce(price.price_return, price.total_return, 0), -0.999999))) as bigint)) as growth_e15,
        coalesce(max(price.session_no) filter (where price.is_valid and price.session < held.formation_session), held.formed_no) as priced_no,
        bool_or(not price.is_valid and price.total_return is not null) as has_delisted
    from held
    left join (
        select price.security_id, price.session, price.session_no, price.price_return, price.total_return, price.is_valid, renewed.formation_session
        from core.daily_price as price
        join renewed on renewed.session = price.session
    ) as price on price.security_id = held.security_id and price.formation_session = held.formation_session
    group by held.formation_session, held.formation_no, held.formed_on, held.formed_no, held.security_id
),
drifted as (
    select
        grown.formation_session, holding.factor_id, holding.variant, holding.portfolio, holding.security_id,
        holding.weight * exp(coalesce(grown.growth_e15, 0) / 1e15) as held,
        sum(cast(least(round(1e15 * holding.weight * exp(coalesce(grown.growth_e15, 0) / 1e15)), 1e34) as hugeint)) over portfolio as held_e15 -- a wrong price grows beyond 64 bits
    from grown
    cross join param
    join mart.factor_holding as holding on holding.formation_session = grown.formed_on and holding.security_id = grown.security_id
    where grown.has_delisted is not true and grown.formation_no - grown.priced_no <= param.gap_max_sessions
    window portfolio as (partition by grown.formation_session, holding.factor_id, holding.variant, holding.portfolio)
),
target as (
    select formation_session, factor_id, variant, portfolio, security_id, weight
    from mart.factor_holding
    where formation_session >= $first and formation_session <= $last
)
select
    formation_session, factor_id, variant, portfolio,
    sum(cast(
        round(1e15 * abs(coalesce(target.weight, 0) - coalesce(1e15 * drifted.held / drifted.held_e15, 0))) as bigint
    )) / 2e15 as turnover_one_way
from drifted
full join target using (formation_session, factor_id, variant, portfolio, security_id)
group by formation_session, factor_id, variant, portfolio
having count(target.weight) > 0 and count(drifted.held) > 0
order by formation_session, factor_id, variant, portfolio;
