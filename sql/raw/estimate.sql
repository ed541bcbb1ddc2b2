-- One row is what analysts expected of one company and fiscal period, as the vendor showed it on one day; never overwritten.
--
-- The vendor keeps no history: what was not fetched on a day is lost, but for four look-backs of the mean.
-- key: symbol, horizon, load_id
create table raw.estimate (
    symbol varchar not null,            -- vendor symbol
    horizon varchar not null check (horizon in ('0q', '+1q', '0y', '+1y')), -- running and next fiscal quarter and year, as of observed_on
    fiscal_period_end date,             -- end of that period
    eps_mean double,                    -- mean estimate of street EPS, per share on basis_date
    eps_low double,                     -- lowest
    eps_high double,                    -- highest
    n_eps integer,                      -- estimates behind it
    eps_year_ago double,                -- street EPS of the same period a year before
    eps_mean_7d double,                 -- the mean 7 days before, as the vendor tells it
    eps_mean_30d double,                -- 30 days before
    eps_mean_60d double,                -- 60 days before
    eps_mean_90d double,                -- 90 days before
    n_up_7d integer,                    -- estimates raised in the last 7 days
    n_up_30d integer,                   -- in the last 30 days
    n_down_7d integer,                  -- estimates cut in the last 7 days
    n_down_30d integer,                 -- in the last 30 days
    revenue_mean double,                -- mean estimate of revenue
    n_revenue integer,                  -- estimates behind it
    revenue_year_ago double,            -- revenue of the same period a year before
    currency varchar,                   -- currency of all amounts
    observed_on date not null,          -- New York date on which the vendor showed it
    basis_date date not null,           -- session whose share definition the EPS use
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
