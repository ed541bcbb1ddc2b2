-- One row is one spell of a security between splits, with the factors that bring it to the first basis.
--
-- price_t * price_factor is the forward split-adjusted price: append-only, scale invariant, never rewritten by a later split.
-- shares_t / share_factor is the same for share counts, EPS_t * share_factor for per-share earnings. A(u, v] = factor(v) / factor(u).
-- key: security_id, valid_from
create table core.split_regime (
    security_id integer not null,       -- the security
    valid_from date not null,           -- first session of the spell; 1900-01-01 for the first
    valid_to date,                      -- first session of the next spell; NULL for the last
    price_factor double not null,       -- product of the ratios that moved the price, up to valid_from
    share_factor double not null,       -- product of the ratios that moved the share count, up to valid_from
    n_later_spells integer not null     -- spells after this one: a split that is listed late rebases all that came before it
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
        list(share_ratio) over so_far as share_ratios,
        count(*) over (partition by security_id) - row_number() over forward as n_later_spells
    from change
    window
        forward as (partition by security_id order by valid_from),
        so_far as (partition by security_id order by valid_from rows between unbounded preceding and current row)
)
select
    security_id,
    valid_from,
    valid_to,
    list_reduce(price_ratios, lambda x, y: x * y) as price_factor,
    list_reduce(share_ratios, lambda x, y: x * y) as share_factor,
    n_later_spells
from history
order by security_id, valid_from;
