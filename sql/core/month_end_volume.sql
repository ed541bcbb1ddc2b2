-- One row is what one share was priced at and how much of it was traded, as known at one month end: what share counts are judged by.
--
-- Every fifth session of the 60 up to the month end is looked at, which is enough for a median (B.6). Apart from
-- core.daily_price because that gets rows on every session, and because core.share_count asks for all months.
-- seldom empty: the history may be too short for a month end, or without volume
-- key: session, security_id
create table core.month_end_volume (
    security_id integer not null,       -- the line
    session date not null,              -- last session of the month
    close_fwd_e9 bigint not null,       -- latest close looked at, on the first share basis, in 1e-9 USD
    dollar_volume_usd double not null   -- median dollar volume of a session, USD
);

insert into core.month_end_volume by name
with month_end as (
    select session, session_no from core.session where is_month_end and session >= $first and session <= $last
),
looked_at as (
    select month_end.session, month_end.session_no - month_end.session_no % 5 - 5 * unnest(generate_series(0, 11)) as session_no
    from month_end
)
select
    price.security_id, looked_at.session,
    arg_max(price.close_fwd_e9, price.session_no) as close_fwd_e9,
    median(price.dollar_volume_usd) as dollar_volume_usd
from looked_at
join core.daily_price as price on price.session_no = looked_at.session_no
join core.line as line on line.security_id = price.security_id and line.kind = 'EQUITY'
where price.is_traded and price.close_fwd_e9 is not null and price.dollar_volume_usd > 0
    and price.session_no % 5 = 0 -- said again for the scan
    and price.session_no >= (select min(session_no) from month_end) - 60 and price.session_no <= (select max(session_no) from month_end)
group by price.security_id, looked_at.session
order by looked_at.session, price.security_id;
