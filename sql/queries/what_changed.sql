-- Which published numbers of the past did the latest releases change, from what to what, and because of what?
select
    log.release_id,
    log.table_name,
    log.session,
    log.row_key,
    log.change,
    log.column_name,
    log.old_value,
    log.new_value,
    log.n_changes,
    log.cause,
    cause.subject,
    cause.table_name as came_by,
    cause.load_id
from ops.change_log as log
left join ops.change_cause as cause on cause.release_id = log.release_id and cause.cause_no = log.cause_no
-- The public tables first; what they are made of after them.
order by log.release_id desc, starts_with(log.table_name, 'mart.') desc, log.table_name, log.session, log.row_key, log.column_name
limit 1000
