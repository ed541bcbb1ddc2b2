-- No line is taken for a share though its source, symbol or name says otherwise.
-- severity: warn
-- fails after:
insert into core.doubtful_kind by name
select security_id, symbol, name, 'the name says UNIT' as said, 'list its kind' as way_out from core.security limit 1;
select symbol, name, said, way_out from core.doubtful_kind
