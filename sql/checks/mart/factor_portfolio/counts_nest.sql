-- Names with a return are held, and names held were formed; returns are earned after the formation.
-- fails after:
update mart.factor_portfolio set n_held = n_formed + 1;
select session, factor_id, variant, portfolio, n_formed, n_held, n_with_return
from mart.factor_portfolio
where session >= $first
    and (n_with_return > n_held or n_held > n_formed or formation_session >= session or (n_held > 0) <> (ret is not null))
