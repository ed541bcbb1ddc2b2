-- One row is one ratio that is listed as a split of a security on one session, told from what is no split (A.6).
--
-- A split is true when its ratio or the inverse is a fraction of small integers, unless company filings around it show an
-- unchanged share count (other count moves say nothing: filed counts are often wrong by whole factors). Anything else is
-- price-only: a distribution in kind when the ratio is above 1; below 1 it cannot be one, and the session's return is not used.
-- One ratio listed for two days that fall on one session is one split.
-- may be empty: no line may have split
-- key: security_id, ex_session, listed_ratio
create table core.listed_split (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session on the new basis
    listed_ratio double not null,       -- new shares per old share, as listed
    ratio double not null,              -- the fraction that the vendor rounded; as listed when it is none
    is_true_split boolean not null,     -- the share count moved by it too
    refuted_on date,                    -- date on which filings showed that the share count did not move; NULL when none did
    quarantine_reason varchar check (quarantine_reason in ('ODD_REVERSE_SPLIT')) -- why the session has no return; NULL when it has
);

insert into core.listed_split by name
with param as (
    select
        max(value) filter (where name = 'split.max_term') as max_term,
        max(value) filter (where name = 'split.share_tolerance') as share_tolerance,
        max(value) filter (where name = 'split.share_window_sessions') as share_window
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
split as (
    select listed.security_id, listed.ex_session, listed.amount as ratio, bool_or(release.security_id is not null) as is_released
    from core.listed_action as listed
    left join core.quarantine_release as release
        on release.security_id = listed.security_id and release.session = listed.ex_date and release.reason = 'ODD_REVERSE_SPLIT'
    where listed.kind = 'split' and listed.is_sound and listed.amount <> 1
    group by listed.security_id, listed.ex_session, listed.amount
),
fraction as (
    select split.ratio, round(split.ratio * term.n) / term.n as exact
    from (select distinct ratio from split) as split
    cross join (select unnest(generate_series(1, cast(max_term as bigint))) as n, max_term from param) as term
    -- Vendors round ratios; fractions of integers up to 110 lie further apart than this.
    where round(split.ratio * term.n) between 1 and term.max_term
        and abs(split.ratio * term.n - round(split.ratio * term.n)) <= 1e-6 * split.ratio * term.n
    qualify row_number() over (partition by split.ratio order by term.n) = 1
),
filed as (
    select line.security_id, report.as_of, report.known_on, report.basis_date, report.shares
    from raw.share_count as report
    join core.line_symbol as line on line.symbol = report.symbol and line.valid_from <= report.as_of and report.as_of < line.valid_to
    where report.kind = 'reported' and report.shares > 0
),
counted as (
    select
        split.security_id, split.ex_session, split.ratio,
        min(report.known_on) filter (where report.as_of >= split.ex_session and report.basis_date >= split.ex_session) as known_on,
        median(report.shares) filter (where report.as_of >= split.ex_session and report.basis_date >= split.ex_session)
        / nullif(
            median(report.shares) filter (where report.as_of < split.ex_session and report.basis_date < split.ex_session), 0
        ) as moved
    from split
    cross join param
    join filed as report
        on report.security_id = split.security_id
        -- The window in calendar days: 252 sessions a year.
        and report.as_of >= split.ex_session - cast(param.share_window * 365 / 252 as integer)
        and report.as_of <= split.ex_session + cast(param.share_window * 365 / 252 as integer)
    group by split.security_id, split.ex_session, split.ratio
),
refuted as (
    select counted.security_id, counted.ex_session, counted.ratio, counted.known_on
    from counted
    cross join param
    where abs(counted.moved - 1) <= param.share_tolerance and abs(counted.moved / counted.ratio - 1) > param.share_tolerance
),
classified as (
    select
        split.security_id, split.ex_session, split.ratio as listed_ratio,
        coalesce(fraction.exact, split.ratio) as ratio,
        -- A person who releases an odd ratio says that it is a true split.
        split.is_released or fraction.ratio is not null and refuted.security_id is null as is_true_split,
        refuted.known_on as refuted_on
    from split
    left join fraction on fraction.ratio = split.ratio
    left join refuted
        on refuted.security_id = split.security_id and refuted.ex_session = split.ex_session and refuted.ratio = split.ratio
)
select
    security_id,
    ex_session,
    listed_ratio,
    ratio,
    is_true_split,
    refuted_on,
    case when ratio < 1 and not is_true_split then 'ODD_REVERSE_SPLIT' end as quarantine_reason
from classified
order by ex_session, security_id, listed_ratio;
