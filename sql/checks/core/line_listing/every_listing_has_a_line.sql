-- Every listing that a source told speaks of a security.
-- fails after:
delete from core.line_listing where symbol = (select min(symbol) from core.line_listing);
select listing.symbol, listing.load_id
from raw.listing as listing
anti join core.line_listing as placed on placed.symbol = listing.symbol and placed.load_id = listing.load_id
