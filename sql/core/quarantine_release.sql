-- One row is one quarantined bar or action that a person released: its value is used (A.8). The latest decision counts.
-- may be empty: nothing may have been released, or only of symbols that are not ours
-- key: symbol, session, reason
create table core.quarantine_release (
    symbol varchar not null,            -- vendor symbol of the raw row
    session date not null,              -- date of the bar, or ex-date of the action
    reason varchar not null,            -- reason of the quarantine that no longer holds
    security_id integer not null,       -- the security of the symbol on that date
    decided_at timestamp not null       -- UTC instant of the decision
);

insert into core.quarantine_release by name
with latest as (
    select symbol, session, reason, decision, fetched_at
    from raw.quarantine_decision
    qualify row_number() over (partition by symbol, session, reason order by load_id desc) = 1
)
select latest.symbol, latest.session, latest.reason, line.security_id, latest.fetched_at as decided_at
from latest
join core.line_symbol as line
    on line.symbol = latest.symbol and line.valid_from <= latest.session and latest.session < line.valid_to
where latest.decision = 'release'
order by latest.session, latest.symbol, latest.reason;
