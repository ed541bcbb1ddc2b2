-- One row is one spell during which one estimate of a company's earnings was the latest that had been seen (E.4).
--
-- Known from the first session whose close comes after the fetch. A spell ends with the next look at that horizon, whatever fiscal
-- period it means by then: the running year rolls over silently after the annual report, so fiscal_period_end labels the amounts. How
-- old an estimate may be is for its reader to say: observed_on. Amounts in another currency than the price are left out (E.1).
-- may be empty: the estimates may be of symbols that are not ours
-- key: issuer_id, horizon, known_from
create table core.estimate (
    issuer_id integer not null,         -- the company
    horizon varchar not null,           -- 0q, +1q, 0y or +1y: running and next fiscal quarter and year when it was seen
    known_from date not null,           -- first session at whose close the estimate had been seen
    known_to date,                      -- first session of the next spell; NULL for the latest
    fiscal_period_end date,             -- month end nearest to the end of the period; NULL when the source does not say
    observed_on date not null,          -- New York date on which the vendor showed it
    eps_mean_fwd double,                -- mean estimate of street EPS on the first share basis (EPS * share_factor), USD
    eps_low_fwd double,                 -- lowest, on the same basis
    eps_high_fwd double,                -- highest, on the same basis
    n_eps integer,                      -- estimates behind it
    eps_year_ago_fwd double,            -- street EPS of the same period a year before, on the same basis
    revenue_mean_usd double,            -- mean estimate of revenue, USD
    n_revenue integer,                  -- estimates behind it
    revenue_year_ago_usd double         -- revenue of the same period a year before, USD
);

insert into core.estimate by name
with calendar as (
    select session, close_at, lag(close_at, 1, timestamp '1900-01-01') over (order by session) as previous_close_at
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
shown as (
    select
        line.issuer_id, said.horizon, calendar.session as known_from, last_day(said.fiscal_period_end - 15) as fiscal_period_end,
        said.observed_on,
        said.eps_mean * coalesce(regime.share_factor, 1) as eps_mean_fwd,
        said.eps_low * coalesce(regime.share_factor, 1) as eps_low_fwd,
        said.eps_high * coalesce(regime.share_factor, 1) as eps_high_fwd,
        said.n_eps,
        said.eps_year_ago * coalesce(regime.share_factor, 1) as eps_year_ago_fwd,
        said.revenue_mean as revenue_mean_usd, said.n_revenue, said.revenue_year_ago as revenue_year_ago_usd
    from raw.estimate as said
    join core.line_symbol as holder
        on holder.symbol = said.symbol and holder.valid_from <= said.observed_on and said.observed_on < holder.valid_to
    join core.security as line on line.security_id = holder.security_id and line.currency = said.currency
    join calendar on calendar.previous_close_at <= said.fetched_at and said.fetched_at < calendar.close_at
    left join core.split_regime as regime
        on regime.security_id = line.security_id and regime.valid_from <= said.basis_date
        and (regime.valid_to is null or said.basis_date < regime.valid_to)
    -- Several looks before one close, and several classes: the last one counts, of the primary line if it has any.
    qualify row_number() over (
        partition by line.issuer_id, said.horizon, calendar.session order by line.is_primary desc, said.load_id desc, line.security_id
    ) = 1
)
select
    issuer_id, horizon, known_from,
    lead(known_from) over (partition by issuer_id, horizon order by known_from) as known_to,
    fiscal_period_end, observed_on, eps_mean_fwd, eps_low_fwd, eps_high_fwd, n_eps, eps_year_ago_fwd,
    revenue_mean_usd, n_revenue, revenue_year_ago_usd
from shown;
