-- The line caps of a company add up to its cap, and exactly one line stands for it.
-- fails after:
update core.market_cap set issuer_cap_usd = 2 * issuer_cap_usd;

select issuer_id, session, sum(line_cap_usd) as lines_usd, max(issuer_cap_usd) as issuer_usd, count(*) filter (where is_primary) as n_primary
from core.market_cap
where session >= $first
group by issuer_id, session
having abs(sum(line_cap_usd) / max(issuer_cap_usd) - 1) > 1e-9 or max(issuer_cap_usd) <> min(issuer_cap_usd) or count(*) filter (where is_primary) <> 1
