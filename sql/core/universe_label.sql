-- One row is the bias label of one universe on one session on one price basis: how far its breadth can be trusted (B.7).
--
-- Two questions, two labels: how membership is known, and what share of the expected is priced. The bias label sums them up and is never
-- better than either, nor than that of any cohort or list under it. What is chosen from a list with holes may lack the very names that would have been chosen.
-- key: universe_id, session, basis
create table core.universe_label (
    universe_id varchar not null,       -- the universe or cohort
    session date not null,              -- trading date
    basis varchar not null check (basis in ('price', 'total')), -- as in core.universe_breadth
    bias_label varchar not null,        -- PIT_FULL, PIT_PARTIAL, PIT_SPARSE, CURRENT_LIST or HINDSIGHT_SELECTED
    badness integer not null,           -- its rank in core.bias_label, the larger the worse
    membership_label varchar not null,  -- how membership is known: PIT, CURRENT_LIST or HINDSIGHT_SELECTED
    coverage_label varchar not null,    -- how much of what is expected is priced: FULL, PARTIAL or SPARSE; SPARSE where nobody is expected
    is_sparse boolean not null          -- too few lines of it, or of what is under it, are priced for comparisons over time
);

insert into core.universe_label by name
with param as (
    select
        max(value) filter (where name = 'bias.full') as full_share,
        max(value) filter (where name = 'bias.partial') as partial_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
own as (
    select
        count.universe_id, count.session, count.basis,
        greatest(of_stays.badness, of_prices.badness) as badness,
        case when of_stays.bias_label in ('CURRENT_LIST', 'HINDSIGHT_SELECTED') then of_stays.bias_label else 'PIT' end as membership_label,
        replace(of_prices.bias_label, 'PIT_', '') as coverage_label,
        of_prices.bias_label = 'PIT_SPARSE' as is_sparse
    from core.universe_breadth as count
    cross join param
    join core.bias_label as of_stays on of_stays.bias_label = count.member_label
    join core.bias_label as of_prices
        on of_prices.bias_label = case
            when count.n_used / nullif(cast(count.n_expected as double), 0) >= param.full_share then 'PIT_FULL'
            when count.n_used / nullif(cast(count.n_expected as double), 0) >= param.partial_share then 'PIT_PARTIAL'
            else 'PIT_SPARSE'
        end
    where count.session >= $first
),
under as (
    select part.cohort_id as universe_id, own.session, own.basis, max(own.badness) as badness, bool_or(own.is_sparse) as is_sparse
    from core.cohort_part as part
    join own on own.universe_id = part.part_id
    group by part.cohort_id, own.session, own.basis
)
select
    own.universe_id, own.session, own.basis,
    label.bias_label, label.badness,
    own.membership_label, own.coverage_label,
    own.is_sparse or coalesce(under.is_sparse, false) as is_sparse
from own
left join under on under.universe_id = own.universe_id and under.session = own.session and under.basis = own.basis
join core.bias_label as label on label.badness = greatest(own.badness, under.badness)
order by own.session, own.universe_id, own.basis;
