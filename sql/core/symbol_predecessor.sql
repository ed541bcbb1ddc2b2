-- One row is one symbol that a line took by a rename and under which another company had filed before, as filings taught it (A.9).
--
-- Prices of a line are served under its symbol of today, filings under the symbol of their day: what was filed under the new symbol
-- before the change is its former holder's. It is the line's own where the share counts go on over the change. Where none of the
-- last four before agrees with any of the first two after it, company data of before are not used from then on, unless the third or
-- the fourth agrees. Until then nobody knew, and what was said of earlier days stays.
-- may be empty: renames may lead to symbols that nobody had before
-- key: symbol, changed_on, security_id
create table core.symbol_predecessor (
    symbol varchar not null,            -- symbol that the line took
    known_from date not null,           -- first date on which it was known: the day after the second count
    changed_on date not null,           -- first date under it; company data known before are the predecessor's
    known_to date,                      -- first date on which a later count says otherwise; NULL while none does
    security_id integer not null,       -- the line that took it
    shares_before_fwd double not null,  -- last count before the change, on the line's first share basis
    shares_after_fwd double not null    -- first count after it, likewise
);

insert into core.symbol_predecessor by name
with param as (
    select max(value) filter (where name = 'shares.jump_quarantine') as jump_quarantine
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Later loads repeat what earlier ones said.
told as (
    select symbol, known_on, arg_min(shares, (load_id, shares)) as shares, arg_min(basis_date, (load_id, shares)) as basis_date
    from raw.share_count
    where shares > 0
    group by symbol, known_on
),
counted as (
    select
        rename.new_symbol as symbol, rename.changed_on, line.security_id, said.known_on, said.known_on >= rename.changed_on as is_after,
        said.shares / coalesce(regime.share_factor, 1) as shares_fwd,
        row_number() over (
            partition by rename.new_symbol, rename.changed_on, line.security_id, said.known_on >= rename.changed_on
            order by abs(said.known_on - rename.changed_on)
        ) as distance
    from core.symbol_rename as rename
    join told as said on said.symbol = rename.new_symbol
    join core.line_symbol as line
        on line.symbol = said.symbol and line.valid_from <= said.known_on and said.known_on < line.valid_to
    left join core.split_regime as regime
        on regime.security_id = line.security_id and regime.valid_from <= said.basis_date
        and (regime.valid_to is null or said.basis_date < regime.valid_to)
    where rename.is_applied
    qualify distance <= 4
),
compared as (
    select
        later.symbol, later.changed_on, later.security_id, later.distance, later.known_on,
        max(earlier.shares_fwd) filter (where earlier.distance = 1) as shares_before_fwd,
        max(later.shares_fwd) as shares_after_fwd,
        min(abs(ln(later.shares_fwd / earlier.shares_fwd))) > ln(1 + max(param.jump_quarantine)) as is_another
    from counted as later
    cross join param
    join counted as earlier
        on earlier.symbol = later.symbol and earlier.changed_on = later.changed_on and earlier.security_id = later.security_id
        and not earlier.is_after
    where later.is_after
    group by later.symbol, later.changed_on, later.security_id, later.distance, later.known_on
)
select
    symbol, changed_on, security_id,
    max(known_on) filter (where distance = 2) + 1 as known_from,
    min(known_on) filter (where not is_another) + 1 as known_to,
    max(shares_before_fwd) as shares_before_fwd,
    max(shares_after_fwd) filter (where distance = 1) as shares_after_fwd
from compared
group by symbol, changed_on, security_id
having bool_and(is_another) filter (where distance <= 2) and count(*) >= 2
order by symbol, changed_on, security_id;
