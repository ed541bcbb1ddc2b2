-- One row is one ratio that is listed as a split of a security on one session, told from what is no split (A.6).
--
-- A split is true when its ratio is n:1, 1:n or a fraction of small integers, unless company filings around it show a share count that
-- is nearer to nothing having happened. A decimal stands for the fraction of smallest terms inside the interval of its last told digit
-- (0.0667 is 1:15), if so small a one would hardly lie there by chance; else for what it says (1.05 is 21:20, 1.046 no small fraction).
-- Anything else is price-only: a distribution in kind when the ratio is above 1; below 1 it cannot be one, and there is no return.
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
        max(value) filter (where name = 'split.max_unit_term') as max_unit_term,
        max(value) filter (where name = 'split.max_chance') as max_chance,
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
-- Half the unit of the last told digit. Whoever computes a ratio tells all digits, and errs by less than a millionth.
told as (
    select
        ratio, n_digits, round(ratio * pow(10, n_digits)) as numerator, pow(10, n_digits) as denominator,
        greatest(0.5 / pow(10, coalesce(n_digits, 12)), 1e-6 * ratio) as half
    from (
        select split.ratio, min(digit.n) as n_digits
        from (select distinct ratio from split) as split
        left join (select unnest(generate_series(0, 8)) as n) as digit
            on abs(split.ratio * pow(10, digit.n) - round(split.ratio * pow(10, digit.n))) <= 1e-12 * split.ratio * pow(10, digit.n)
        group by split.ratio
    ) as counted
),
small as (
    select told.ratio, round(told.ratio * term.n) as numerator, term.n as denominator
    from told
    cross join (select unnest(generate_series(1, cast(max_term as bigint))) as n, max_term, max_unit_term from param) as term
    where round(told.ratio * term.n) between 1 and case when term.n = 1 then term.max_unit_term else term.max_term end
        and abs(told.ratio - round(told.ratio * term.n) / term.n) < told.half
    qualify row_number() over (partition by told.ratio order by term.n) = 1
),
-- Of several 1:n in the interval the roundest n: reverse splits are told in tens and hundreds.
unit as (
    select told.ratio, 1 as numerator, term.n as denominator
    from told
    cross join (select unnest(generate_series(2, cast(max_unit_term as bigint))) as n from param) as term
    where told.ratio < 1 and abs(told.ratio - cast(1 as double) / term.n) < told.half
    qualify row_number() over (
        partition by told.ratio order by term.n % 100 > 0, term.n % 50 > 0, term.n % 10 > 0, term.n % 5 > 0, term.n
    ) = 1
),
literal as (
    select told.ratio, told.numerator, told.denominator
    from told
    cross join param
    cross join lateral (select told.numerator / gcd(cast(told.numerator as bigint), cast(told.denominator as bigint)) as top) as reduced
    cross join lateral (select told.denominator * reduced.top / nullif(told.numerator, 0) as bottom) as of_reduced
    where told.n_digits is not null
        and (greatest(top, bottom) <= param.max_term or least(top, bottom) = 1 and greatest(top, bottom) <= param.max_unit_term)
),
fraction as (
    select found.ratio, found.numerator / found.denominator as exact
    from (
        select small.ratio, small.numerator, small.denominator, 1 as rank
        from small
        join told on told.ratio = small.ratio
        cross join param
        where small.denominator * small.denominator * 2 * told.half < param.max_chance
        union all
        select unit.ratio, unit.numerator, unit.denominator, 2
        from unit
        join told on told.ratio = unit.ratio
        cross join param
        where unit.denominator * unit.denominator * 2 * told.half < param.max_chance
        union all
        select ratio, numerator, denominator, 3 from literal
        union all
        -- Below 1 it is no distribution, so a fraction that may be wrong by a digit is better than none.
        select ratio, numerator, denominator, 4 from unit
        union all
        select ratio, numerator, denominator, 5 from small where ratio < 1
    ) as found
    qualify row_number() over (partition by found.ratio order by found.rank) = 1
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
-- A count that moved further the other way than the split goes is a wrong count, and says nothing.
refuted as (
    select security_id, ex_session, ratio, known_on
    from counted
    where moved > 0 and abs(ln(moved) - ln(ratio)) > abs(ln(moved)) and abs(ln(moved)) <= abs(ln(ratio))
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
