-- One row is the release that this file is.
-- key: release_id
create table meta.release (
    release_id varchar not null,        -- UTC instant of publishing and last session
    source varchar not null,            -- simulated, files or yahoo
    source_description varchar not null, -- one line about the market
    is_simulated boolean not null,      -- true: every number is made up
    first_session date,                 -- first session with a price
    last_session date,                  -- last session with a price
    created_at timestamp not null,      -- UTC instant of publishing
    signature varchar not null,         -- digest of the state of every table, of the macros and of the quality; equal signatures, equal content
    mode varchar not null default 'RECONSTRUCTED' check (mode in ('RECONSTRUCTED', 'STRICT')), -- STRICT: only what had been fetched by as_of (methodology 0.3)
    as_of timestamp,                    -- UTC instant of a STRICT rebuild; NULL when everything fetched is in
    quality varchar not null check (quality in ('COMPLETE', 'DEGRADED')), -- DEGRADED: prices of the last session are missing
    quality_reason varchar,             -- universes below the coverage minimum, with the symbols that are missing; NULL when COMPLETE
    n_past_changes bigint not null default 0, -- values of sessions published before that this release gives otherwise (ops.change_log)
    package_version varchar not null,   -- version of rotation-pipeline
    method_version varchar not null     -- version of the definitions in docs/methodology.md
);
