-- A missed stay begins before it ends.
-- fails after:
insert into core.membership_gap values ('SP500', 'NOBODY', date '2020-01-02', date '2020-01-02');

select universe_id, symbol, valid_from, valid_to
from core.membership_gap
where valid_to <= valid_from
