-- Every parameter of the latest reference load is shown with its value.
-- fails after:
update meta.method_param set value = value + 1;
select landed.name, landed.value, shown.value as shown_value
from raw.method_param as landed
left join meta.method_param as shown on shown.name = landed.name
where landed.load_id = (select max(load_id) from raw.method_param) and shown.value is distinct from landed.value
