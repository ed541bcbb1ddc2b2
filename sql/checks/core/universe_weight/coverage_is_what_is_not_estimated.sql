-- What is covered and what is unknown are the whole, and a method stands exactly where something is estimated.
-- fails after:
update core.universe_weight set coverage_w = 1, unknown_w = 0.5 where session = (select max(session) from core.universe_weight);

select universe_id, session, n_known, n_unknown, known_usd, unknown_usd, unknown_w, coverage_w, unknown_method
from core.universe_weight
where session >= $first
    and (
        abs(coverage_w + unknown_w - 1) > 1e-12
        or unknown_w < 0 or unknown_w > 1
        or (unknown_w is null) is distinct from (n_known + n_unknown = 0)
        or (unknown_method is null) is distinct from (n_unknown = 0)
        or (n_unknown > 0 and unknown_w = 0)
        or (n_known = 0 and known_usd > 0)
    )
