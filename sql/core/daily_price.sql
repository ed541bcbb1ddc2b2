-- One row is one security on one session between its first and its last bar: as-traded price, our own returns, flags.
--
-- Sessions without a usable bar are rows with NULL prices, so that a ROWS frame counts sessions (methodology 0.5, 0.7).
-- Level columns ending in _e9 and _e12 are integers, so that a moving average compares the same in any summation order.
-- key: security_id, session
create table core.daily_price (
    security_id integer not null,       -- the security
    session date not null,              -- trading date
    session_no integer not null,        -- number of the session in core.session
    close_usd double,                   -- as-traded close, USD per share; NULL when missing or only an adjusted close exists
    volume double,                      -- as-traded shares
    dollar_volume_usd double,           -- close_usd * volume
    close_fwd_e9 bigint,                -- close on the first share basis (core.split_regime), in 1e-9 USD
    high_fwd_e9 bigint,                 -- high on the first share basis, in 1e-9 USD
    low_fwd_e9 bigint,                  -- low on the first share basis, in 1e-9 USD
    tri_e12 bigint,                     -- total-return index, 1 at the first valid close, in 1e-12
    log_tri_e15 bigint,                 -- ln of the total-return index, in 1e-15: exact and order-free to add
    price_return double,                -- s P / P(-1) - 1 (A.2), decimal; over gap_sessions sessions
    total_return double,                -- s (P + D) / P(-1) - 1 (A.2), decimal; over gap_sessions sessions
    gap_sessions smallint,              -- sessions since the previous valid price: 1 normally, up to 10 (0.6); NULL on the first
    is_valid boolean not null,          -- a usable price (close, or adjusted close) exists on this session
    is_traded boolean not null,         -- valid and volume > 0
    is_adjusted_only boolean not null,  -- returns come from an adjusted close (vendor convention), there is no as-traded price
    is_stale boolean not null,          -- second or later of five or more sessions with one close and no volume (0.6)
    is_large_move boolean not null,     -- |ln(1 + price_return)| > ln 1.5: used, but looked at (A.8)
    quarantine_reason varchar,          -- why the bar of this session is not used; NULL when it is, or when there was none
    pit_grade varchar not null          -- A observed live, B back-filled (0.3)
);
