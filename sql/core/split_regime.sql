-- One row is one spell of a security between splits, with the factors that bring it to the first basis.
--
-- price_t * price_factor is the forward split-adjusted price: append-only, scale invariant, never rewritten by a later split.
-- shares_t / share_factor is the same for share counts, EPS_t * share_factor for per-share earnings. A(u, v] = factor(v) / factor(u).
-- key: security_id, valid_from
create table core.split_regime (
    security_id integer not null,       -- the security
    matters_from date not null,         -- first session of what came on this basis, a bar or a distribution, or of the spell; 9999-12-31: none
    valid_from date not null,           -- first session of the spell; 1900-01-01 for the first
    valid_to date,                      -- first session of the next spell; NULL for the last
    price_factor double not null,       -- product of the ratios that moved the price, up to valid_from
    share_factor double not null        -- product of the ratios that moved the share count, up to valid_from
);

insert into core.split_regime by name
with split_day as (
    select
        security_id, ex_session,
        list_reduce(list(ratio order by is_true_split desc, ratio), lambda x, y: x * y) as price_ratio,
        coalesce(list_reduce(list(ratio order by ratio) filter (where is_true_split), lambda x, y: x * y), 1) as share_ratio
    from core.listed_split
    group by security_id, ex_session
),
change as (
    select security_id, date '1900-01-01' as valid_from, cast(1 as double) as price_ratio, cast(1 as double) as share_ratio
    from core.security
    union all
    select security_id, ex_session, price_ratio, share_ratio
    from split_day
    where price_ratio <> 1 or share_ratio <> 1
),
history as (
    select
        security_id,
        valid_from,
        lead(valid_from) over forward as valid_to,
        -- Folded in order: a running product of the engine may group its factors differently from one build to the next.
        list(price_ratio) over so_far as price_ratios,
        list(share_ratio) over so_far as share_ratios
    from change
    window
        forward as (partition by security_id order by valid_from),
        so_far as (partition by security_id order by valid_from rows between unbounded preceding and current row)
),
-- A split that is listed late rebases bars and distributions of before it that came on its basis.
rebased_bar as (
    select history.security_id, history.valid_from, min(bar.session) as first_session
    from history
    join core.line_symbol as name on name.security_id = history.security_id
    join raw.price_bar as bar
        on bar.symbol = name.symbol and name.valid_from <= bar.session and bar.session < name.valid_to
        and bar.session < history.valid_from and bar.basis_date >= history.valid_from
    where bar.price_basis <> 'as_traded'
    group by history.security_id, history.valid_from
),
rebased_distribution as (
    select history.security_id, history.valid_from, min(paid.ex_session) as first_session
    from history
    join core.listed_action as paid
        on paid.security_id = history.security_id and paid.ex_session < history.valid_from and paid.basis_date >= history.valid_from
    where paid.kind <> 'split'
    group by history.security_id, history.valid_from
)
select
    history.security_id,
    history.valid_from,
    history.valid_to,
    list_reduce(history.price_ratios, lambda x, y: x * y) as price_factor,
    list_reduce(history.share_ratios, lambda x, y: x * y) as share_factor,
    least(
        greatest(history.valid_from, coalesce(line.valid_from, date '9999-12-31')), rebased_bar.first_session, rebased_distribution.first_session
    ) as matters_from
from history
left join core.line as line on line.security_id = history.security_id
left join rebased_bar on rebased_bar.security_id = history.security_id and rebased_bar.valid_from = history.valid_from
left join rebased_distribution
    on rebased_distribution.security_id = history.security_id and rebased_distribution.valid_from = history.valid_from
order by history.security_id, history.valid_from;
