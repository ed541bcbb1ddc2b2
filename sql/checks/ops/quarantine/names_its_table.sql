-- What is in quarantine stems from prices, corporate actions or share counts; from other tables stem single cells alone (ops.absurd_cell).
-- fails after:
insert into ops.quarantine by name
select 'raw.statement' as table_name, 'X' as symbol, session, 'Q' as item, 'NO_PRICE' as reason, 'L' as load_id, '' as value, false as is_releasable
from core.session;
select table_name, symbol, session from ops.quarantine where table_name not in ('raw.price_bar', 'raw.corporate_action', 'raw.share_count')
    and reason <> 'OUT_OF_BOUNDS'
