-- One row is one factor in one variant: the sort it is made of, and how many portfolios a complete sort has (D.1 to D.3).
--
-- UMD, HML_EP and HML_BM are made of their own sorts; SMB, SMB_BM and SMB_UMD are the size side of the earnings-yield, book and
-- momentum sorts, and in variant list_ew of the S&P 600 and 500. This is the only list of them.
-- key: factor_id, variant
create table core.factor (
    factor_id varchar not null,         -- UMD, SMB, HML_EP, HML_BM, SMB_BM, SMB_UMD
    variant varchar not null,           -- cap90, nyse, univ, cap90_ew, list_ew
    sort_id varchar not null,           -- factor_id of the portfolios it is made of: UMD, HML_EP, HML_BM, SMB (lists)
    is_size boolean not null,           -- small less big; else high less low
    n_portfolios integer not null       -- portfolios of a complete sort: 6, or 2 for lists
);

insert into core.factor by name
with factor (factor_id, sort_id, is_size) as (
    values
        ('UMD', 'UMD', false),
        ('HML_EP', 'HML_EP', false),
        ('HML_BM', 'HML_BM', false),
        ('SMB', 'HML_EP', true),
        ('SMB_BM', 'HML_BM', true),
        ('SMB_UMD', 'UMD', true)
),
variant (variant) as (
    values ('cap90'), ('nyse'), ('univ'), ('cap90_ew')
)
select factor.factor_id, variant.variant, factor.sort_id, factor.is_size, 6 as n_portfolios
from factor
cross join variant
union all
select 'SMB', 'list_ew', 'SMB', true, 2
order by factor_id, variant;
