-- One row is the market cap of one line at one month end: what universes by size are ranked by.
--
-- Apart from core.market_cap because that gets rows on every session: what is chosen by size is worked out anew when a month ends.
-- may be empty: no month may have ended yet, or no company of the market have a cap
-- key: session, security_id
create table core.month_end_cap (
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- its company
    session date not null,              -- last session of the month
    close_usd double not null,          -- as-traded close, USD per share
    issuer_cap_usd double not null,     -- market cap of the company, USD
    is_primary boolean not null,        -- the line stands for its company
    is_stale boolean not null,          -- the close is one of up to price.fill_sessions before
    pit_grade varchar not null          -- worst grade of price and count
);

insert into core.month_end_cap by name
select
    cap.security_id, cap.issuer_id, cap.session, cap.close_usd, cap.issuer_cap_usd, cap.is_primary, cap.is_stale, cap.pit_grade
from core.market_cap as cap
join core.session as session on session.session = cap.session
where session.is_month_end and session.session >= $first and session.session <= $last
order by cap.session, cap.security_id;
