-- One row is one fiscal period of one company's statements as a source served it in one load.
-- key: symbol, fiscal_period, fiscal_period_end, known_on, load_id
create table raw.statement (
    symbol varchar not null,            -- vendor symbol
    fiscal_period varchar not null check (fiscal_period in ('Q', 'FY')), -- a single quarter, or a whole fiscal year
    fiscal_period_end date not null,    -- end of the period, or the calendar quarter end that stands for it
    fiscal_label varchar,               -- label by which the source tells the period instead of its end: Q1 2025 or FY 2024; NULL when it tells the end
    known_on date,                      -- date of filing or announcement, or on which a changed figure was first seen; NULL: apply the statutory lag
    revenue double,                     -- revenue of the period
    net_income double,                  -- net income to common stockholders of the period
    book_equity double,                 -- stockholders' equity at the period end, less preferred stock
    currency varchar not null default 'USD', -- currency of the amounts
    source varchar not null,            -- simulated, files or yahoo
    load_id varchar not null,           -- the landing load that brought the row
    fetched_at timestamp not null       -- UTC instant of the fetch
);
