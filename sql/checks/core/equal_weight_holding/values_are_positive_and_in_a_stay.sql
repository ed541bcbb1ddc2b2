-- A line takes a weight above zero, during its stay, from the session after a reset or from the one on which it comes in.
-- fails after:
update core.equal_weight_holding set stay_from = session + 1;
select holding.universe_id, holding.session, holding.security_id, holding.stay_from, holding.value_per_price
from core.equal_weight_holding as holding
left join core.universe_stay as stay
    on stay.universe_id = holding.universe_id and stay.security_id = holding.security_id and stay.valid_from = holding.stay_from
where holding.session >= $first
    and (
        not (holding.value_per_price > 0 and isfinite(holding.value_per_price))
        or holding.reset_session >= holding.session
        or not coalesce(holding.session >= stay.valid_from and (stay.valid_to is null or holding.session < stay.valid_to), false)
    )
