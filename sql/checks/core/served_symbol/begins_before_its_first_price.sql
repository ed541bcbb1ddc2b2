-- A symbol was served no later than its first session with a price.
-- fails after:
update core.served_symbol set served_from = date '9999-12-31';
select symbol, served_from, first_session from core.served_symbol where served_from > first_session
