-- Every ratio that a vendor applied is in the list of splits: no line has closes that cannot have been traded.
-- severity: warn
-- fails after:
insert into ops.doubtful_basis values (1, 'X', 'OFF_GRID', date '2024-01-02', date '2024-02-02', date '2024-02-05', 20, null, 'name it');
select symbol, way_out
from ops.doubtful_basis
where evidence <> 'VENDOR_CAP'
