-- One row is one cell of a landed file that no market can give: outside the bounds of sql/bounds.csv, or no finite number (A.8).
--
-- The landed file keeps it. In the raw table the cell is empty instead (a share count is left out, an amount of an action is no number), so
-- that one cell never stops a market; what else the row says is used. ops.quarantine shows it too.
-- key: table_name, row_key, column_name, reason
create table ops.absurd_cell (
    table_name varchar not null,        -- raw table of the row
    symbol varchar not null,            -- vendor symbol
    session date not null,              -- date of the row: of the bar, action, announcement, count or period
    column_name varchar not null,       -- the cell
    value double not null,              -- what it says
    reason varchar not null,            -- why no market can give it
    row_key varchar not null,           -- the key of the row, as JSON
    load_id varchar not null            -- the landing load that brought it
);
