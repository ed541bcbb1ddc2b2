-- A mean estimate lies between the lowest and the highest, to a tenth of a cent.
-- severity: warn
-- fails after:
insert into core.estimate by name
select -1 as issuer_id, '0y' as horizon, date '2020-01-02' as known_from, date '2020-01-01' as observed_on,
    2.0 as eps_mean_fwd, 0.5 as eps_low_fwd, 1.0 as eps_high_fwd;

select issuer_id, horizon, known_from, eps_low_fwd, eps_mean_fwd, eps_high_fwd
from core.estimate
where eps_mean_fwd < eps_low_fwd - 0.001 or eps_mean_fwd > eps_high_fwd + 0.001
