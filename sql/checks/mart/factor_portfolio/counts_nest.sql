-- Names with a return are held, names held are expected, and names expected were formed; returns are earned after the formation.
-- fails after:
update mart.factor_portfolio set n_held = n_formed + 1;
select session, factor_id, variant, portfolio, n_formed, n_expected, n_held, n_with_return
from mart.factor_portfolio
where session >= $first
    and (
        n_with_return > n_held or n_held > n_expected or n_expected > n_formed or n_missing <> n_expected - n_with_return
        or formation_session >= session
    )
