-- One row is one symbol that a line took by a rename and under which another company had filed before (A.9).
--
-- Prices of a line are served under its symbol of today, filings under the symbol of their day: what was filed under the new symbol
-- before the change is its former holder's. It is the line's own where the share counts go on over the change; where none
-- of the last four before agrees with any of the first four after it, company data of before are not used.
-- may be empty: renames may lead to symbols that nobody had before
-- key: symbol, changed_on
create table core.symbol_predecessor (
    symbol varchar not null,            -- symbol that the line took
    changed_on date not null,           -- first date under it; company data known before are the predecessor's
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
counted as (
    select
        rename.new_symbol as symbol, rename.changed_on, line.security_id, said.known_on >= rename.changed_on as is_after,
        said.shares / coalesce(regime.share_factor, 1) as shares_fwd,
        row_number() over (
            partition by rename.new_symbol, rename.changed_on, line.security_id, said.known_on >= rename.changed_on
            order by abs(said.known_on - rename.changed_on), said.load_id, said.shares
        ) as distance
    from core.symbol_rename as rename
    join raw.share_count as said on said.symbol = rename.new_symbol and said.shares > 0
    join core.line_symbol as line
        on line.symbol = said.symbol and line.valid_from <= said.known_on and said.known_on < line.valid_to
    left join core.split_regime as regime
        on regime.security_id = line.security_id and regime.valid_from <= said.basis_date
        and (regime.valid_to is null or said.basis_date < regime.valid_to)
    where rename.is_applied
    qualify distance <= 4
)
select
    earlier.symbol, earlier.changed_on, earlier.security_id,
    max(earlier.shares_fwd) filter (where earlier.distance = 1) as shares_before_fwd,
    max(later.shares_fwd) filter (where later.distance = 1) as shares_after_fwd
from counted as earlier
cross join param
join counted as later
    on later.symbol = earlier.symbol and later.changed_on = earlier.changed_on and later.security_id = earlier.security_id
    and later.is_after and not earlier.is_after
group by earlier.symbol, earlier.changed_on, earlier.security_id
having min(abs(ln(later.shares_fwd / earlier.shares_fwd))) > ln(1 + max(param.jump_quarantine))
order by earlier.symbol, earlier.changed_on;
