-- One row is one earnings announcement of one company as last seen, past or expected (F.1 to F.3).
-- key: event_id
create table core.earnings_event (
    event_id varchar not null,          -- issuer and month of the fiscal period end: 12-2025-12
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    fiscal_period_end date not null,    -- end of the fiscal quarter, or the calendar quarter end that stands for it
    announced_on date not null,         -- New York date of the announcement
    announced_at timestamp,             -- UTC instant when known to the hour or better
    timing varchar not null,            -- BMO, DMH, AMC or UNKNOWN
    status varchar not null check (status in ('REPORTED', 'CONFIRMED', 'ESTIMATED')), -- F.2
    known_session date,                 -- first session whose close came after the release (0.3); NULL while expected
    reaction_session date,              -- first session that could react (F.3); NULL when past the calendar
    eps_estimate_fwd double,            -- street estimate on the first share basis (EPS * share_factor), USD
    eps_actual_fwd double,              -- reported street EPS on the first share basis, USD; NULL while expected
    n_moves integer not null,           -- how often the date moved between observations
    pit_grade varchar not null          -- A observed before it happened, B back-filled with its real date, C assumed
);
