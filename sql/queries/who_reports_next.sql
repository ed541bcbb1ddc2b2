-- Who in the S&P 500 reports next, as seen at the last close, the nearest date and the largest company first?
select
    reaction_session,
    sessions_until,
    symbol,
    name,
    announced_on,
    timing,
    status,
    n_moves,
    market_cap_usd,
    share_of_cohort_cap,
    pit_grade,
    bias_label
from mart.earnings_calendar
where session = (select max(session) from mart.earnings_calendar) and cohort_id = 'SP500'
order by reaction_session, market_cap_usd desc nulls last, symbol
