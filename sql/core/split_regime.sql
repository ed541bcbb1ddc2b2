-- One row is one spell of a security between true splits, with the factor that brings its prices to the first basis.
--
-- price_t * factor is the forward split-adjusted price: append-only, scale invariant, never rewritten by a later split.
-- shares_t / factor is the same for share counts, EPS_t * factor for per-share earnings. A(u, v] = factor(v) / factor(u).
-- key: security_id, valid_from
create table core.split_regime (
    security_id integer not null,       -- the security
    valid_from date not null,           -- first session of the spell; 0001-01-01 for the first
    valid_to date,                      -- first session of the next spell; NULL for the last
    price_factor double not null,       -- product of the ratios that moved the price, up to valid_from
    share_factor double not null        -- product of the ratios that moved the share count, up to valid_from
);
