-- A company is called by the smallest security_id of its lines.
-- fails after:
update core.security set issuer_id = issuer_id + 1;
select issuer_id, min(security_id) as first_line from core.security group by issuer_id having issuer_id <> min(security_id)
