-- One row is what tables of prices need to know of one line that was ever served a bar, from that bar to its end.
--
-- Apart from core.security, so that a name or an industry that changes redoes no price, a new line only what comes after its first
-- bar, and a delisting only what comes after the last trade.
-- key: security_id
create table core.line (
    security_id integer not null,       -- the line
    valid_from date not null,           -- first date of which a bar was served, usable or not, or of its share basis
    valid_to date,                      -- the session after the last trade, on which a delisting return is booked; NULL while it trades
    first_session date,                 -- first session with a usable bar; NULL when it has none
    kind varchar not null check (kind in ('EQUITY', 'ETF', 'INDEX', 'UNIT', 'WARRANT', 'RIGHT', 'PREFERRED', 'NOTE', 'FUND')), -- what it is
    currency varchar not null,          -- currency of its prices (core.line_currency)
    is_currency_mixed boolean not null, -- prices and listing tell two currencies, so that none of its prices is used
    issuer_id integer not null,         -- the company
    is_primary boolean not null         -- the line whose price prices the company
);

insert into core.line by name
select
    security.security_id, security.served_from as valid_from, after.session as valid_to, security.first_session, security.kind,
    told.currency, told.is_mixed as is_currency_mixed, security.issuer_id, security.is_primary
from core.security as security
join core.line_currency as told on told.security_id = security.security_id
left join core.session as after on after.previous_session = security.delist_session
where security.served_from is not null
order by security.security_id;
