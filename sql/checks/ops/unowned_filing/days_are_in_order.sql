-- What belongs to nobody was told from its first day to its last.
-- fails after:
insert into ops.unowned_filing by name
select 'raw.statement' as table_name, 'X' as symbol, 'UNKNOWN_SYMBOL' as reason, 1 as n_rows, date '2020-01-02' as told_from, date '2020-01-01' as told_to;
select table_name, symbol from ops.unowned_filing where told_from > told_to or n_rows < 1
