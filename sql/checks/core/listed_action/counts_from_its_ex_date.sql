-- An action counts from its ex-date or from the session after a few days off.
-- fails after:
update core.listed_action set ex_session = ex_date + 30;
select security_id, ex_date, ex_session from core.listed_action where ex_session < ex_date or ex_session > ex_date + 10
