-- One row is how many profitable companies of one cohort cost at most half of another cohort's multiple on one session (E.3).
-- may be empty: multiples may be wanting, or those of one cohort alone be there
-- key: cohort_a, cohort_b, session, measure, basis
create table core.cohort_half_price (
    cohort_a varchar not null,          -- cohort whose companies are looked at
    cohort_b varchar not null,          -- cohort whose multiple is the yardstick
    session date not null,              -- session of the close
    measure varchar not null,           -- multiple of cohort_b: pe_incl, pe_excl, pe_median_pos or pe_median_yield
    basis varchar not null,             -- street or gaap, for both
    n_profitable integer not null,      -- companies of cohort_a with market cap and earnings above zero
    n_half integer not null,            -- of them with a P/E of at most valuation.half_own_ratio times the yardstick
    check (n_half <= n_profitable)
);

insert into core.cohort_half_price by name
with param as (
    select max(value) filter (where name = 'valuation.half_own_ratio') as half_own_ratio
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
pair as (
    select cohort_a, cohort_b
    from raw.cohort_pair
    where load_id = (select max(load_id) from raw.cohort_pair)
),
yardstick as (
    select
        cohort_id,
        session,
        max(half_own_ratio * value) filter (where basis = 'street' and measure = 'pe_incl') as street_incl,
        max(half_own_ratio * value) filter (where basis = 'street' and measure = 'pe_excl') as street_excl,
        max(half_own_ratio * value) filter (where basis = 'street' and measure = 'pe_median_pos') as street_pos,
        max(half_own_ratio * value) filter (where basis = 'street' and measure = 'pe_median_yield') as street_yield,
        max(half_own_ratio * value) filter (where basis = 'gaap' and measure = 'pe_incl') as gaap_incl,
        max(half_own_ratio * value) filter (where basis = 'gaap' and measure = 'pe_excl') as gaap_excl,
        max(half_own_ratio * value) filter (where basis = 'gaap' and measure = 'pe_median_pos') as gaap_pos,
        max(half_own_ratio * value) filter (where basis = 'gaap' and measure = 'pe_median_yield') as gaap_yield
    from mart.valuation
    cross join param
    where session >= $first and session <= $last
    group by cohort_id, session
),
company as (
    select
        issuer_id,
        session,
        case when earnings_street_usd > 0 then market_cap_usd / nullif(earnings_street_usd, 0) end as pe_street,
        case when earnings_gaap_usd > 0 then market_cap_usd / nullif(earnings_gaap_usd, 0) end as pe_gaap
    from core.issuer_valuation
    where session >= $first and session <= $last
),
tally as (
    select
        pair.cohort_a,
        pair.cohort_b,
        company.session,
        count(company.pe_street) as n_street,
        count(*) filter (where company.pe_street <= yardstick.street_incl) as street_incl,
        count(*) filter (where company.pe_street <= yardstick.street_excl) as street_excl,
        count(*) filter (where company.pe_street <= yardstick.street_pos) as street_pos,
        count(*) filter (where company.pe_street <= yardstick.street_yield) as street_yield,
        count(company.pe_gaap) as n_gaap,
        count(*) filter (where company.pe_gaap <= yardstick.gaap_incl) as gaap_incl,
        count(*) filter (where company.pe_gaap <= yardstick.gaap_excl) as gaap_excl,
        count(*) filter (where company.pe_gaap <= yardstick.gaap_pos) as gaap_pos,
        count(*) filter (where company.pe_gaap <= yardstick.gaap_yield) as gaap_yield
    from company
    join core.issuer_membership as stay
        on stay.issuer_id = company.issuer_id
        and stay.valid_from <= company.session
        and (stay.valid_to is null or company.session < stay.valid_to)
    join pair on pair.cohort_a = stay.universe_id
    join yardstick on yardstick.cohort_id = pair.cohort_b and yardstick.session = company.session
    group by pair.cohort_a, pair.cohort_b, company.session
)
select
    tally.cohort_a,
    tally.cohort_b,
    tally.session,
    kind.measure,
    kind.basis,
    cast(case kind.basis when 'street' then tally.n_street else tally.n_gaap end as integer) as n_profitable,
    cast(case
        when kind.basis = 'street' and kind.measure = 'pe_incl' then tally.street_incl
        when kind.basis = 'street' and kind.measure = 'pe_excl' then tally.street_excl
        when kind.basis = 'street' and kind.measure = 'pe_median_pos' then tally.street_pos
        when kind.basis = 'street' then tally.street_yield
        when kind.measure = 'pe_incl' then tally.gaap_incl
        when kind.measure = 'pe_excl' then tally.gaap_excl
        when kind.measure = 'pe_median_pos' then tally.gaap_pos
        else tally.gaap_yield
    end as integer) as n_half
from tally
join mart.valuation as kind
    on kind.cohort_id = tally.cohort_b
    and kind.session = tally.session
    and kind.measure in ('pe_incl', 'pe_excl', 'pe_median_pos', 'pe_median_yield')
where kind.value is not null and kind.session >= $first and kind.session <= $last;
