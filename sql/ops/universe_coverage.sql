-- One row is one universe or cohort on one session: how many of its members should have a price, and how many do.
--
-- Members are those of core.member_count and the lines whose delisting return is booked. Expected is every member line up to its end,
-- and every entry of a list whose prices were asked for and never came. A line that fell silent stays expected: a symbol that is
-- lost must not look complete after two weeks. Entries that nobody asked for, as of a market that was given in part, are members and
-- not expected here, where the question is what a source still owes. Every universe has its row on every session of core.member_count.
-- key: session, universe_id
create table ops.universe_coverage (
    session date not null,              -- trading date
    universe_id varchar not null,       -- as in core.membership and core.membership_gap
    n_members bigint not null,          -- member lines of the session, and list entries without any bar
    n_expected bigint not null,         -- of these, those that should have a price
    n_valid bigint not null,            -- of these with a usable price on the session
    n_missing bigint not null,          -- n_expected - n_valid
    n_never_priced bigint not null,     -- of the missing, list entries that were asked for and never had a bar
    valid_share double,                 -- n_valid / n_expected, 0..1; NULL when nothing is expected
    missing varchar                     -- symbols of the missing, alphabetical, the first 20; NULL when none is
);

insert into ops.universe_coverage by name
with spell as (
    select security_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to, list_sort(list_distinct(universe_ids)) as universe_ids
    from core.membership_set
),
-- Lines of the same universes are counted together, once and not once a universe.
numbered as (
    select *, dense_rank() over (order by universe_ids) as set_no from spell
),
member_day as (
    select
        numbered.set_no, numbered.security_id, session.session, coalesce(price.is_valid, false) as is_valid,
        session.session < coalesce(security.valid_to, date '9999-12-31') as is_expected
    from core.session as session
    join numbered
        on session.session >= numbered.valid_from and session.session < numbered.valid_to
    join core.line as security on security.security_id = numbered.security_id
    left join core.daily_price as price on price.security_id = numbered.security_id and price.session = session.session
    where session.session >= $first and session.session <= $last
),
set_tally as (
    select
        set_no, session, count(*) as n_members,
        count(*) filter (where is_expected) as n_expected, count(*) filter (where is_expected and is_valid) as n_valid
    from member_day
    group by set_no, session
),
universe_of as (
    select distinct set_no, unnest(universe_ids) as universe_id from numbered
),
tally as (
    select
        universe_of.universe_id, set_tally.session,
        sum(set_tally.n_members) as n_members, sum(set_tally.n_expected) as n_expected, sum(set_tally.n_valid) as n_valid
    from set_tally
    join universe_of on universe_of.set_no = set_tally.set_no
    group by universe_of.universe_id, set_tally.session
),
gap_day as (
    select gap.universe_id, session.session, gap.symbol, never_priced.symbol is not null as is_expected
    from core.session as session
    join core.membership_gap as gap
        on session.session >= gap.valid_from and session.session < coalesce(gap.valid_to, date '9999-12-31')
    left join ops.never_priced as never_priced on never_priced.symbol = gap.symbol
    where session.session >= $first and session.session <= $last
),
gap_tally as (
    select universe_id, session, count(*) filter (where is_expected) as n_never_priced
    from gap_day
    group by universe_id, session
),
absent as (
    select universe_of.universe_id, member_day.session, last_symbol.symbol
    from member_day
    join universe_of on universe_of.set_no = member_day.set_no
    join core.last_symbol as last_symbol on last_symbol.security_id = member_day.security_id
    where member_day.is_expected and not member_day.is_valid
    union all
    select universe_id, session, symbol from gap_day where is_expected
),
lost as (
    select universe_id, session, array_to_string(list(symbol order by symbol)[:20], ' ') as missing
    from absent
    group by universe_id, session
)
select
    count.session,
    count.universe_id,
    coalesce(tally.n_members, 0) + count.n_gaps as n_members,
    coalesce(tally.n_expected, 0) + coalesce(gap_tally.n_never_priced, 0) as n_expected,
    coalesce(tally.n_valid, 0) as n_valid,
    coalesce(tally.n_expected - tally.n_valid, 0) + coalesce(gap_tally.n_never_priced, 0) as n_missing,
    coalesce(gap_tally.n_never_priced, 0) as n_never_priced,
    coalesce(tally.n_valid, 0) / nullif(coalesce(tally.n_expected, 0) + coalesce(gap_tally.n_never_priced, 0), 0) as valid_share,
    lost.missing
from core.member_count as count
left join tally on tally.universe_id = count.universe_id and tally.session = count.session
left join gap_tally on gap_tally.universe_id = count.universe_id and gap_tally.session = count.session
left join lost on lost.universe_id = count.universe_id and lost.session = count.session
where count.session >= $first and count.session <= $last
order by count.session, count.universe_id;
