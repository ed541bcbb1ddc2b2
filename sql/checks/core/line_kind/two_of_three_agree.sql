-- A line is no share only where two of source, symbol and name say what it is.
-- fails after:
update core.line_kind set kind = 'WARRANT' where security_id = (select min(security_id) from core.line_kind where kind = 'EQUITY');
select security_id, kind, source_kind, symbol_kind, name_kind
from core.line_kind
where kind not in ('EQUITY', 'ETF', 'INDEX')
    and (source_kind = kind)::integer + coalesce((symbol_kind = kind)::integer, 0) + coalesce((name_kind = kind)::integer, 0) < 2
