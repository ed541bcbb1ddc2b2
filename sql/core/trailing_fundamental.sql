-- One row is one spell of a company's trailing twelve months as an investor knew them (E.1, TTM rule), one per basis.
--
-- street: sum of four reported EPS, on the first share basis, to be multiplied by the shares of the day on that basis.
-- gaap: sum of four quarters of net income in USD. A spell whose quarters do not satisfy the rule has a NULL and a reason.
-- key: issuer_id, basis, known_from
create table core.trailing_fundamental (
    issuer_id integer not null,         -- the company
    basis varchar not null check (basis in ('street', 'gaap')), -- never mixed in one aggregate
    known_from date not null,           -- first session at whose close the spell holds
    known_to date,                      -- first session of the next spell; NULL for the latest
    period_end date not null,           -- end of the latest quarter in the sum
    stale_from date not null,           -- first date on which the sum is too old: period_end + 200 days
    eps_fwd double,                     -- street: trailing EPS on the first share basis, USD
    net_income_usd double,              -- gaap: trailing net income to common, USD
    revenue_usd double,                 -- gaap: trailing revenue, USD
    book_equity_usd double,             -- gaap: latest known book equity, USD
    n_quarters smallint not null,       -- quarters in the sum
    is_derived_quarter boolean not null, -- a quarter is the year less three quarters
    null_reason varchar,                -- why the trailing sum is NULL (0.4)
    pit_grade varchar not null          -- B real announcement date, C assumed lag
);
