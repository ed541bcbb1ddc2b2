-- How far did small caps run ahead of the Nasdaq-100 at their widest in the rotation window, and when were they last as far ahead?
with question as (
    select date '2026-01-02' as from_session, date '2026-01-30' as to_session
)
select
    spread.horizon_sessions,
    spread.session,
    spread.long_symbol,
    spread.short_symbol,
    spread.spread_pp,
    spread.long_return,
    spread.short_return,
    spread.widest_since,
    spread.is_record,
    spread.percentile_5y,
    spread.z_5y,
    spread.history_from,
    spread.caution,
    spread.pit_grade,
    spread.bias_label
from mart.style_spread as spread
join question on spread.session between question.from_session and question.to_session
where spread.spread_id = 'etf_small_tech'
qualify row_number() over (partition by spread.horizon_sessions order by spread.spread_log desc nulls last, spread.session) = 1
order by spread.horizon_sessions
