-- Low names are at or below the low breakpoint, high names above the high one, small names at or below the cap that parts them.
-- fails after:
update mart.factor_holding set sort_value = sort_value + 1000;
select formation_session, factor_id, variant, security_id, portfolio, sort_value
from mart.factor_holding
where formation_session >= $first
    and variant <> 'list_ew'
    and (
        (portfolio like '_L') <> (sort_value <= low_breakpoint)
        or (portfolio like '_H') <> (sort_value > low_breakpoint and sort_value > high_breakpoint)
        or (portfolio like 'S_') <> (round(me_usd) <= coalesce(size_breakpoint_usd, 0))
    )
