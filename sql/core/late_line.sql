-- One row is one line that begins to trade long after the series that serves it began: lists may mean another company by its symbol (A.9).
--
-- A list that has named a symbol since long before the line's first bar, while others were served, names who had the symbol then,
-- and often goes on for months after. So such a stay is not believed of this line until the list has kept the symbol for a year
-- with it: a spin-off that kept the symbol is a member late, a recycled symbol never. What is not believed is core.membership_gap.
-- may be empty: series may begin with their line
-- key: security_id
create table core.late_line (
    security_id integer not null,       -- the line
    first_session date not null,        -- its first usable bar
    doubt_before date not null,         -- a stay that began before this date is doubted: identity.late_list_days before it began
    believed_from date not null         -- from this date on it is believed: identity.late_trust_days after first_session
);

insert into core.late_line by name
with param as (
    select
        cast(max(value) filter (where name = 'identity.late_list_days') as integer) as list_days,
        cast(max(value) filter (where name = 'identity.late_trust_days') as integer) as trust_days
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- What its listings say counts where bars merely do not reach back so far.
listed as (
    select line.security_id, min(listing.first_session) as first_session
    from raw.listing as listing
    join core.line_symbol as line
        on line.symbol = listing.symbol and line.valid_from <= listing.fetched_at and listing.fetched_at < line.valid_to
    where listing.first_session is not null
    group by line.security_id
),
-- Kinds of securities come in series of their own.
line as (
    select
        security.security_id, security.kind, security.first_session, least(security.first_session, any_value(listed.first_session)) as begun_on,
        min(bar.precedence) as precedence
    from core.security as security
    join core.line_symbol as spell on spell.security_id = security.security_id
    join raw.price_bar as bar
        on bar.symbol = spell.symbol and bar.session = security.first_session
        and spell.valid_from <= bar.session and bar.session < spell.valid_to
    left join listed on listed.security_id = security.security_id
    group by security.security_id, security.kind, security.first_session
),
series as (
    select kind, precedence, min(first_session) as first_session from line group by kind, precedence
)
select
    line.security_id,
    line.first_session,
    line.begun_on - param.list_days as doubt_before,
    line.first_session + param.trust_days as believed_from
from line
cross join param
join series on series.kind = line.kind and series.precedence = line.precedence
where line.begun_on > series.first_session + param.list_days
order by line.first_session, line.security_id;
