-- A dispersion is not negative, and the largest contribution to it is a share.
-- fails after:
update core.universe_dispersion set max_contribution = 1.5 where horizon = 1 and session = (select max(session) from core.universe_dispersion);
select universe_id, session, horizon, dispersion_cw, dispersion_ew, max_contribution
from core.universe_dispersion
where session >= $first and (dispersion_cw < 0 or dispersion_ew < 0 or max_contribution < 0 or max_contribution > 1 or n_weighted > n_returns)
