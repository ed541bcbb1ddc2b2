-- No line's market cap is far from the one that its vendor tells.
-- severity: warn
-- fails after:
insert into ops.doubtful_basis values (1, 'X', 'VENDOR_CAP', date '2024-01-02', date '2024-01-02', null, 1, 4.0, 'look at its counts');
select symbol, way_out
from ops.doubtful_basis
where evidence = 'VENDOR_CAP'
