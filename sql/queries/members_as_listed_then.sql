-- Who was in the S&P 500 on the last session, as the lists told at one instant, and who do we hold to be in now? The instant here is that of the latest fetch.
with told as (
    select m.security_id, m.symbol, m.valid_from, m.bias_label, m.fetched_at
    from members_asof('SP500', (select max(t.session) from core.session as t), (select max(l.fetched_at) from ops.load as l)) as m
),

held as (
    select stay.security_id
    from core.membership as stay
    inner join (select max(t.session) as session from core.session as t) as last_session
        on stay.valid_from <= last_session.session and last_session.session < coalesce(stay.valid_to, date '9999-12-31')
    where stay.universe_id = 'SP500'
)

select
    told.symbol,
    told.valid_from,
    held.security_id is not null as is_member_now,
    told.bias_label,
    told.fetched_at
from told
left join held on told.security_id = held.security_id
order by is_member_now, told.symbol
