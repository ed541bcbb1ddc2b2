-- One row is one company on one session: market cap and trailing earnings, both as known at that close (E.1).
--
-- A sum that is larger than any company is worth is wrong and stays out; of earnings the reason is QUARANTINED.
-- seldom empty: companies with a cap and companies with statements may be different ones
-- key: issuer_id, session
create table core.issuer_valuation (
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- the line that stands for it
    session date not null,              -- session of the close
    market_cap_usd double not null,     -- issuer market cap
    eps_street_usd double,              -- trailing street EPS per share of the session, USD
    earnings_street_usd double,         -- trailing street EPS * shares of the company, USD
    earnings_gaap_usd double,           -- trailing net income, USD
    revenue_usd double,                 -- trailing revenue, USD; NULL also when one of the four quarters has none
    book_equity_usd double,             -- latest known book equity, USD; NULL when older than the trailing sum may be
    street_null_reason varchar,         -- why earnings_street_usd is NULL (0.4)
    gaap_null_reason varchar,           -- why earnings_gaap_usd is NULL (0.4)
    pit_grade varchar not null          -- worst grade of cap and earnings
);

insert into core.issuer_valuation by name
with param as (
    select max(value) filter (where name = 'company.max_usd') as max_usd
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
-- Trailing sums cut where a split changes the EPS per share of the day, one interval join a basis.
street as (
    select
        spell.issuer_id,
        greatest(spell.known_from, coalesce(regime.valid_from, date '1900-01-01')) as valid_from,
        least(coalesce(spell.known_to, date '9999-12-31'), coalesce(regime.valid_to, date '9999-12-31')) as valid_to,
        spell.stale_from, spell.null_reason, spell.pit_grade,
        spell.eps_fwd / coalesce(regime.share_factor, 1) as eps_usd
    from core.trailing_fundamental as spell
    join core.line as line on line.issuer_id = spell.issuer_id and line.is_primary
    left join core.split_regime as regime
        on regime.security_id = line.security_id
        and regime.valid_from < coalesce(spell.known_to, date '9999-12-31')
        and (regime.valid_to is null or spell.known_from < regime.valid_to)
    where spell.basis = 'street' and coalesce(spell.known_to, date '9999-12-31') > $first
),
gaap as (
    select
        issuer_id, known_from as valid_from, coalesce(known_to, date '9999-12-31') as valid_to, stale_from, null_reason, pit_grade,
        net_income_usd, revenue_usd, book_equity_usd
    from core.trailing_fundamental
    where basis = 'gaap' and coalesce(known_to, date '9999-12-31') > $first
),
company as (
    select issuer_id, security_id, session, issuer_cap_usd, close_usd, pit_grade
    from core.market_cap
    where session >= $first and session <= $last and is_primary
),
known as (
    select
        company.issuer_id, company.security_id, company.session, company.issuer_cap_usd,
        case when company.session < street.stale_from then street.eps_usd end as eps_usd,
        -- cap / price of the primary line is the number of its shares that the whole company is worth
        case when company.session < street.stale_from then street.eps_usd * (company.issuer_cap_usd / company.close_usd) end as street_usd,
        case when company.session < gaap.stale_from then gaap.net_income_usd end as gaap_usd,
        case when company.session < gaap.stale_from then gaap.revenue_usd end as revenue_usd,
        case when company.session < gaap.stale_from then gaap.book_equity_usd end as book_usd,
        case
            when street.issuer_id is null then 'UNAVAILABLE'
            when street.null_reason is not null then street.null_reason
            when company.session >= street.stale_from then 'STALE_INPUT'
        end as street_null_reason,
        case
            when gaap.issuer_id is null then 'UNAVAILABLE'
            when gaap.null_reason is not null then gaap.null_reason
            when company.session >= gaap.stale_from then 'STALE_INPUT'
        end as gaap_null_reason,
        greatest(company.pit_grade, coalesce(street.pit_grade, 'A'), coalesce(gaap.pit_grade, 'A')) as pit_grade
    from company
    left join street
        on street.issuer_id = company.issuer_id and street.valid_from <= company.session and company.session < street.valid_to
    left join gaap
        on gaap.issuer_id = company.issuer_id and gaap.valid_from <= company.session and company.session < gaap.valid_to
)
select
    issuer_id, security_id, session,
    issuer_cap_usd as market_cap_usd,
    case when abs(street_usd) <= param.max_usd then eps_usd end as eps_street_usd,
    case when abs(street_usd) <= param.max_usd then street_usd end as earnings_street_usd,
    case when abs(gaap_usd) <= param.max_usd then gaap_usd end as earnings_gaap_usd,
    case when abs(revenue_usd) <= param.max_usd then revenue_usd end as revenue_usd,
    case when abs(book_usd) <= param.max_usd then book_usd end as book_equity_usd,
    coalesce(street_null_reason, case when abs(street_usd) > param.max_usd then 'QUARANTINED' end) as street_null_reason,
    coalesce(gaap_null_reason, case when abs(gaap_usd) > param.max_usd then 'QUARANTINED' end) as gaap_null_reason,
    pit_grade
from known
cross join param
order by session, issuer_id;
