-- The ten largest weigh at least as much as the seven, nobody more than all, and the Herfindahl index is no less than that of equal weights.
-- fails after:
update core.universe_concentration set top7_weight = top10_weight + 0.1 where session = (select max(session) from core.universe_concentration);
select universe_id, session, hhi, top7_weight, top10_weight, mag7_weight
from core.universe_concentration
where session >= $first
    and (
        top7_weight > top10_weight + 1e-12
        or top10_weight > 1 + 1e-12
        or mag7_weight > top7_weight + 1e-12
        or hhi > 1 + 1e-12
        or hhi * n_issuers < 1 - 1e-9
        or n_issuers > n_capped
        or fresh_cap_usd > cap_usd
    )
