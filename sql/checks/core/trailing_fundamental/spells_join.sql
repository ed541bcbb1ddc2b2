-- The spells of a company on one basis do not overlap, and none is known before its latest quarter ended.
-- fails after:
update core.trailing_fundamental set known_to = null;

select issuer_id, basis, known_from, known_to, period_end
from core.trailing_fundamental
qualify known_to <= known_from or coalesce(known_to, date '9999-12-31') > lead(known_from) over (partition by issuer_id, basis order by known_from)
    or known_from < period_end - 20
