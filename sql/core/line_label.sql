-- One row is one spell of dates in which sources gave a line the same labels.
--
-- Labels are dated by the load that brought them, so that one that changes matters from then on. What was told first also holds for
-- the past, where nobody was asked (grade D). A label that a later answer leaves out stays.
-- may be empty: the listings may give no labels
-- key: security_id, valid_from
create table core.line_label (
    security_id integer not null,       -- the line
    matters_from date not null,         -- first date of the spell of which a bar was served; 9999-12-31: none
    valid_from date not null,           -- UTC date of the first load that gave them; 1900-01-01 for what was told first
    valid_to date,                      -- UTC date of the load that gave others; NULL for the latest
    exchange varchar,                   -- vendor exchange code
    sector varchar,                     -- vendor sector label
    industry varchar                    -- vendor industry label
);

insert into core.line_label by name
with filled as (
    select
        security_id, told_on as day, symbol,
        last_value(exchange ignore nulls) over life as exchange,
        last_value(sector ignore nulls) over life as sector,
        last_value(industry ignore nulls) over life as industry
    from core.line_listing
    window life as (partition by security_id order by told_on, symbol rows between unbounded preceding and current row)
),
-- The last word of a day.
daily as (
    select security_id, day, {'exchange': exchange, 'sector': sector, 'industry': industry} as label
    from filled
    qualify row_number() over (partition by security_id, day order by symbol desc) = 1
),
changed as (
    select security_id, day, label
    from daily
    qualify label is distinct from lag(label) over (partition by security_id order by day)
        or row_number() over (partition by security_id order by day) = 1
),
spell as (
    select
        security_id, label,
        case when row_number() over life = 1 then date '1900-01-01' else day end as valid_from,
        lead(day) over life as valid_to
    from changed
    window life as (partition by security_id order by day)
)
select
    spell.security_id, spell.valid_from, spell.valid_to, spell.label.exchange, spell.label.sector, spell.label.industry,
    greatest(spell.valid_from, coalesce(line.valid_from, date '9999-12-31')) as matters_from
from spell
left join core.line as line on line.security_id = spell.security_id
order by spell.security_id, spell.valid_from;
