-- Names expected fall, from one session of a formation to the next, by no more than the delisting returns that were booked (0.4).
-- fails after:
update mart.factor_portfolio set n_expected = n_expected - 1, n_missing = n_missing - 1;
with booked as (
    select holding.formation_session, holding.factor_id, holding.variant, holding.portfolio, price.session
    from mart.factor_holding as holding
    join core.daily_price as price
        on price.security_id = holding.security_id and price.session > holding.formation_session
        and not price.is_valid and price.total_return is not null
    where holding.formation_session >= (select min(formation_session) from mart.factor_portfolio where session >= $first)
)
select portfolio.session, portfolio.factor_id, portfolio.variant, portfolio.portfolio, portfolio.n_formed, portfolio.n_expected
from mart.factor_portfolio as portfolio
left join booked
    on booked.formation_session = portfolio.formation_session and booked.factor_id = portfolio.factor_id
    and booked.variant = portfolio.variant and booked.portfolio = portfolio.portfolio and booked.session < portfolio.session
where portfolio.session >= $first
group by all
having portfolio.n_expected <> portfolio.n_formed - count(booked.session)
