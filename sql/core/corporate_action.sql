-- One row is one security's actions of one ex-date, classified and brought to the share basis of that date (A.4, A.6).
-- key: security_id, ex_session
create table core.corporate_action (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session without the entitlement
    split_ratio double not null,        -- new shares per old share of true splits; 1 when none
    price_only_ratio double not null,   -- ratio of odd "splits" that moved the price but not the share count; 1 when none
    cash_usd double not null,           -- distributions in USD per share, on the basis of ex_session; 0 when none
    is_special boolean not null,        -- a distribution of 10 % of the price or more
    quarantine_reason varchar           -- why the cash or ratio is not used; NULL when it is
);
