-- One row is what a source said on one date about one earnings announcement, past or expected.
-- key: symbol, announced_on, observed_on, load_id
create table raw.earnings_event (
    symbol varchar not null,            -- vendor symbol
    fiscal_period_end date,             -- end of the fiscal quarter, or the calendar quarter end that stands for it; NULL when the source does not say
    fiscal_label varchar,               -- label by which the source tells the quarter instead of its end: Q1 2025; NULL when it does not
    announced_on date not null,         -- New York date of the announcement, or the expected date
    announced_at timestamp,             -- UTC instant of the announcement when known to the hour or better
    announced_precision varchar not null check (announced_precision in ('minute', 'hour', 'date')), -- how exact announced_at is
    timing varchar not null check (timing in ('BMO', 'DMH', 'AMC', 'UNKNOWN')), -- before the open, during hours, after the close, unknown
    eps_estimate double,                -- street estimate, USD per share on basis_date
    eps_actual double,                  -- reported street EPS, USD per share on basis_date; NULL while expected
    is_confirmed boolean not null,      -- the source calls the date confirmed, or it has happened
    observed_on date not null,          -- date on which the source showed this row
    basis_date date not null,           -- session whose share definition the EPS use
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
