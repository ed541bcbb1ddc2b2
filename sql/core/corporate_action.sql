-- One row is one security's actions of one ex-date together, on the share basis of that date (A.4, A.6).
--
-- Which ratios are splits is told in core.listed_split, which distributions are believed in core.distribution.
-- may be empty: the actions may be of symbols that are not ours
-- key: security_id, ex_session
create table core.corporate_action (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session without the entitlement
    split_ratio double not null,        -- new shares per old share of true splits; 1 when none
    price_only_ratio double not null,   -- ratio of odd "splits" that moved the price but not the share count; 1 when none
    cash_usd double not null,           -- distributions in USD per share, on the basis of ex_session; 0 when none
    is_special boolean not null,        -- a distribution of 10 % of the price or more
    is_factor_unknown boolean not null, -- a listed split whose ratio cannot be used: no return of any kind ends here
    quarantine_reason varchar           -- OTHER_CURRENCY, LARGE_DIVIDEND, CONTRADICTED_DIVIDEND, BAD_AMOUNT: left out of the amounts; ODD_REVERSE_SPLIT: no return
);

insert into core.corporate_action by name
with param as (
    select max(value) filter (where name = 'dividend.special_share') as special_share
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
split_day as (
    select
        security_id, ex_session,
        coalesce(list_reduce(list(ratio order by ratio) filter (where is_true_split), lambda x, y: x * y), 1) as split_ratio,
        coalesce(list_reduce(list(ratio order by ratio) filter (where not is_true_split), lambda x, y: x * y), 1) as price_only_ratio,
        max(quarantine_reason) as reason
    from core.listed_split
    group by security_id, ex_session
),
cash_day as (
    select
        security_id, ex_session,
        coalesce(list_sum(list(cash_usd order by kind, cash_usd) filter (where quarantine_reason is null)), 0) as cash,
        any_value(close_before) as close_before,
        max(quarantine_reason) as reason
    from core.distribution
    group by security_id, ex_session
),
bad_split as (
    select distinct security_id, ex_session, 'BAD_AMOUNT' as reason from core.listed_action where kind = 'split' and not is_sound
),
day as (
    select security_id, ex_session from split_day
    union
    select security_id, ex_session from cash_day
    union
    select security_id, ex_session from bad_split
)
select
    day.security_id,
    day.ex_session,
    coalesce(split_day.split_ratio, 1) as split_ratio,
    coalesce(split_day.price_only_ratio, 1) as price_only_ratio,
    coalesce(cash_day.cash, 0) as cash_usd,
    coalesce(cash_day.cash >= param.special_share * cash_day.close_before, false) as is_special,
    split_day.reason is not null or bad_split.reason is not null as is_factor_unknown,
    coalesce(split_day.reason, bad_split.reason, cash_day.reason) as quarantine_reason
from day
cross join param
left join split_day on split_day.security_id = day.security_id and split_day.ex_session = day.ex_session
left join cash_day on cash_day.security_id = day.security_id and cash_day.ex_session = day.ex_session
left join bad_split on bad_split.security_id = day.security_id and bad_split.ex_session = day.ex_session
order by day.ex_session, day.security_id;
