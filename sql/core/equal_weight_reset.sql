-- One row is one reset of the equal weights of every universe: the quarters of C.7, ew_quarterly (S&P Equal Weight Index).
--
-- Weights are made equal after the close of the third Friday of March, June, September and December, at the prices of the
-- second Friday; without trading on a Friday, at the session before. The first session of all counts as a reset.
-- key: session
create table core.equal_weight_reset (
    session date not null,              -- first session that earns with the new weights
    reset_session date not null,        -- close after which they hold
    reference_session date not null     -- close at whose prices they are equal
);

insert into core.equal_weight_reset by name
with third_friday as (
    -- date_trunc gives the first of the month; isodow 5 is Friday.
    select distinct
        cast(date_trunc('month', session) as date) + cast((12 - isodow(date_trunc('month', session))) % 7 + 14 as integer) as friday
    from core.session
    where month(session) in (3, 6, 9, 12)
),
quarter as (
    select
        min(session.session) filter (where session.session > third_friday.friday) as session,
        max(session.session) filter (where session.session <= third_friday.friday) as reset_session,
        max(session.session) filter (where session.session <= third_friday.friday - 7) as reference_session
    from third_friday
    cross join core.session
    where third_friday.friday > (select min(session) from core.session)
    group by third_friday.friday
)
select session, reset_session, coalesce(reference_session, reset_session) as reference_session
from quarter
where session is not null
union all
select session, previous_session as reset_session, previous_session as reference_session
from core.session
where previous_session = (select min(session) from core.session)
order by session;
