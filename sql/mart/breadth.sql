-- One row is the breadth of one universe on one session on one price basis: participation, new highs, concentration, dispersion (C).
--
-- Wide: a column a measure, the counts beside them, and null_reason says for each NULL measure why (0.4). A measure needs 80 % of the
-- expected lines and 50 of them; a rank universe 80 % of its target; a list of fewer than 50 lines 80 % of them and at least 3; a cohort
-- that is named by companies (FIXED) counts these, one line of each, and needs 70 % of them and at least 3. Every universe has its rows
-- on every session of core.member_count, with the reason where nobody is in it.
-- What runs over sessions is carried over at most breadth.carry_sessions of them without breadth (C.4); then it is NULL until data
-- return, and the averages begin anew.
-- Columns ending in _ex_assumed leave a line out on the session on which an assumed delisting return is booked (A.5); where nothing was
-- assumed they are equal to the columns without the ending.
-- What is weighted by cap needs coverage.min_w of the whole cap, the unknown estimated; of a FIXED cohort every company (0.4).
-- Concentration and dispersion do not depend on the basis and stand on both rows.
-- key: universe_id, session, basis
create table mart.breadth (
    universe_id varchar not null, -- the universe or cohort
    session date not null, -- trading date; members of that session
    basis varchar not null check (basis in ('price', 'total')), -- price: split-adjusted closes and price-only returns; total: with dividends
    n_expected integer not null, -- lines (FIXED: companies) that should be there, with or without a price (core.member_count)
    n_used integer not null, -- members with a usable price on the session
    n_missing integer not null, -- n_expected - n_used
    coverage_n double, -- n_used / n_expected, 0..1; NULL where nobody is expected
    unknown_w double, -- estimated share of the companies without a believed market cap in the cap of all at the close, 0..1 (core.universe_weight); NULL without companies
    unknown_method varchar, -- the poorest way of an estimate in it: LAST_CAP, VOLUME or MEDIAN; NULL when all are known
    coverage_w double, -- cap at the close before of the members with a return, over that of all, the unknown estimated, 0..1; NULL without caps
    weight_label varchar, -- of cw_return: FULL from coverage.full_w of coverage_w, else PARTIAL; NULL without cw_return (0.4; not a measure)
    n_assumed integer not null, -- members whose return of the session is an assumed delisting return (A.5)
    assumed_w double, -- cap at the close before of these members over that of all, 0..1; NULL without caps
    ew_assumed_w double, -- their share of the quarterly equal weights, 0..1; NULL without such weights
    is_assumption_material boolean not null, -- assumed_w, ew_assumed_w or their share of the returns is above delist.material_share
    pit_grade varchar not null, -- worst grade of prices and stays that at least 5 % of the names have (0.3)
    cap_pit_grade varchar, -- worst grade of caps and stays with at least 5 % of the cap; goes with every weighted measure; NULL without caps
    membership_label varchar not null, -- how membership is known: PIT, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    coverage_label varchar not null, -- FULL, PARTIAL or SPARSE by coverage_n (B.7)
    bias_label varchar not null, -- sums both up, never better than either nor than that of what is under the cohort (B.7)
    history_label varchar not null, -- worst bias_label of the sessions in the 5 years up to this one: the label of percentiles, z and highs (C.11)
    history_bias_label varchar not null, -- the same under its former name
    method_version varchar not null, -- version of the methodology
    null_reason map(varchar, varchar) not null, -- column -> reason, for every measure that is NULL (0.4)
    n_advancing integer not null, -- traded lines above the session before
    n_declining integer not null, -- traded lines below the session before
    n_unchanged integer not null, -- traded lines equal to the session before
    n_untraded integer not null, -- expected lines that are none of the three
    n_eligible_20 integer not null, -- lines with a 20-session average
    n_eligible_50 integer not null, -- lines with a 50-session average
    n_eligible_100 integer not null, -- lines with a 100-session average
    n_eligible_200 integer not null, -- lines with a 200-session average
    n_above_20 integer not null, -- of them strictly above it
    n_above_50 integer not null, -- of them strictly above it
    n_above_100 integer not null, -- of them strictly above it
    n_above_200 integer not null, -- of them strictly above it
    n_high_eligible integer not null, -- lines with a full 252-session window of closes
    n_new_high integer not null, -- of them above all 251 closes before
    n_new_low integer not null, -- of them below all 251 closes before
    n_intraday_eligible integer not null, -- lines with a full 252-session window of highs and lows; 0 on basis total
    n_intraday_high integer not null, -- of them with a high above the 251 before
    n_intraday_low integer not null, -- of them with a low below the 251 before
    net_advances double, -- n_advancing - n_declining (C.1)
    ad_ratio double, -- n_advancing / n_declining
    adv_share double, -- n_advancing / (n_advancing + n_declining), 0..1
    adv_share_21 double, -- mean of adv_share over 21 sessions
    rana double, -- 1000 (advancing - declining) / (advancing + declining), -1000..1000
    ad_line double, -- running sum of net_advances from ad_start_session; only its changes mean something; carried over up to 10 sessions without breadth
    ad_line_normalised double, -- running sum of rana / 1000
    volume_ad_line double, -- running sum of up volume less down volume, shares
    up_volume_share double, -- up volume / (up + down volume), 0..1
    up_dollar_volume_share double, -- the same in dollars, 0..1
    trin double, -- (advancing / declining) / (up volume / down volume); above 1 is bearish
    trin_10 double, -- the same of the sums over 10 sessions (open TRIN)
    pct_above_20 double, -- n_above_20 / n_eligible_20, decimal 0..1 (C.2)
    pct_above_50 double, -- n_above_50 / n_eligible_50, decimal 0..1 (C.2)
    pct_above_100 double, -- n_above_100 / n_eligible_100, decimal 0..1 (C.2)
    pct_above_200 double, -- n_above_200 / n_eligible_200, decimal 0..1 (C.2)
    nh_share double, -- n_new_high / n_high_eligible, 0..1 (C.3)
    nl_share double, -- n_new_low / n_high_eligible, 0..1
    net_new_high_share double, -- nh_share - nl_share, -1..1
    net_new_high_share_10 double, -- its mean over 10 sessions
    intraday_nh_share double, -- n_intraday_high / n_intraday_eligible, 0..1
    intraday_nl_share double, -- n_intraday_low / n_intraday_eligible, 0..1
    intraday_net_new_high_share double, -- their difference, -1..1
    record_high_percent double, -- 100 new highs / (new highs + new lows), 0..100
    high_low_index double, -- mean of record_high_percent over 10 sessions, at least 8 of them, 0..100
    mcclellan_fast double, -- 10 % trend of rana, RANA points (C.4)
    mcclellan_slow double, -- 5 % trend of rana, RANA points
    mcclellan_oscillator double, -- fast - slow, RANA points; after 156 observations
    summation_index double, -- 19 slow - 9 fast, RANA points, neutral 0; after 156 observations
    cw_return double, -- cap-weighted return of the session, decimal (B.5)
    ew_return double, -- return with quarterly equal weights, decimal (C.7)
    ew_daily_return double, -- mean return of the lines, decimal: the average stock, not investable
    cw_return_ex_assumed double, -- cw_return without assumed delisting returns, decimal
    ew_return_ex_assumed double, -- ew_return without assumed delisting returns, decimal
    ew_daily_return_ex_assumed double, -- ew_daily_return without assumed delisting returns, decimal
    cw_level double, -- chained cw_return, 100 at the close before cw_level_from; levels of different runs are not to be compared
    ew_level double, -- chained ew_return, 100 at the close before ew_level_from
    cw_level_ex_assumed double, -- chained cw_return_ex_assumed, 100 at the close before cw_level_from
    ew_level_ex_assumed double, -- chained ew_return_ex_assumed, 100 at the close before ew_level_from
    cw_level_from date, -- first session of the unbroken run of cw_return that ends here; NULL without one (not a measure)
    ew_level_from date, -- first session of the unbroken run of ew_return that ends here; NULL without one (not a measure)
    ew_cw_spread_log_21 double, -- ln growth of equal weight less of cap weight over 21 sessions
    ew_cw_spread_log_63 double, -- ln growth of equal weight less of cap weight over 63 sessions
    ew_cw_spread_pp_21 double, -- cumulative return of equal weight less of cap weight over 21 sessions, decimal
    ew_cw_spread_pp_63 double, -- cumulative return of equal weight less of cap weight over 63 sessions, decimal
    hhi double, -- sum of squared issuer weights at the close, (0, 1] (C.8)
    effective_n double, -- 1 / hhi, issuers
    top7_weight double, -- weight of the 7 largest issuers, 0..1
    top10_weight double, -- weight of the 10 largest issuers, 0..1
    mag7_weight double, -- weight of the issuers of cohort MAG7, 0..1
    top7_price_change_20 double, -- change of the weight of the top 7 of 20 sessions ago by prices alone, decimal
    dispersion_cw double, -- cap-weighted standard deviation of the lines' total returns of the session, decimal (C.9)
    dispersion_ew double, -- population standard deviation of the same
    max_contribution double, -- largest share of one line in the cap-weighted variance, 0..1
    dispersion_cw_21 double, -- dispersion_cw of 21-session returns
    dispersion_ew_21 double, -- dispersion_ew of 21-session returns
    ad_start_session date, -- first session of the running sums; NULL before it (not a measure)
    segment integer, -- number of the stretch of the running sums and trends: 1 from the first session with breadth, one more whenever data return after more than 10 sessions; NULL before it (not a measure)
    is_ad_carried boolean not null, -- true when the running sums and trends were only carried over this session
    pct_above_20_percentile_5y double, -- mid-rank of pct_above_20 among its comparable values of the last 5 years, 0..1 (C.11)
    pct_above_20_z_5y double, -- pct_above_20 in standard deviations from its mean of the 5 years before
    pct_above_20_is_5y_high boolean, -- pct_above_20 is at the highest of its last 5 years; ties count
    pct_above_20_high_since date, -- last earlier session on which pct_above_20 was at least as high; NULL: on none since pct_above_20_held_from (C.14; not a measure)
    pct_above_20_low_since date, -- last earlier session on which it was at least as low; NULL: on none since pct_above_20_held_from (not a measure)
    pct_above_20_held_from date, -- first session whose pct_above_20 is held; NULL before it (not a measure)
    pct_above_50_percentile_5y double, -- mid-rank of pct_above_50 among its comparable values of the last 5 years, 0..1 (C.11)
    pct_above_50_z_5y double, -- pct_above_50 in standard deviations from its mean of the 5 years before
    pct_above_50_is_5y_high boolean, -- pct_above_50 is at the highest of its last 5 years; ties count
    pct_above_50_high_since date, -- last earlier session on which pct_above_50 was at least as high; NULL: on none since pct_above_50_held_from (C.14; not a measure)
    pct_above_50_low_since date, -- last earlier session on which it was at least as low; NULL: on none since pct_above_50_held_from (not a measure)
    pct_above_50_held_from date, -- first session whose pct_above_50 is held; NULL before it (not a measure)
    pct_above_100_percentile_5y double, -- mid-rank of pct_above_100 among its comparable values of the last 5 years, 0..1 (C.11)
    pct_above_100_z_5y double, -- pct_above_100 in standard deviations from its mean of the 5 years before
    pct_above_100_is_5y_high boolean, -- pct_above_100 is at the highest of its last 5 years; ties count
    pct_above_100_high_since date, -- last earlier session on which pct_above_100 was at least as high; NULL: on none since pct_above_100_held_from (C.14; not a measure)
    pct_above_100_low_since date, -- last earlier session on which it was at least as low; NULL: on none since pct_above_100_held_from (not a measure)
    pct_above_100_held_from date, -- first session whose pct_above_100 is held; NULL before it (not a measure)
    pct_above_200_percentile_5y double, -- mid-rank of pct_above_200 among its comparable values of the last 5 years, 0..1 (C.11)
    pct_above_200_z_5y double, -- pct_above_200 in standard deviations from its mean of the 5 years before
    pct_above_200_is_5y_high boolean, -- pct_above_200 is at the highest of its last 5 years; ties count
    pct_above_200_high_since date, -- last earlier session on which pct_above_200 was at least as high; NULL: on none since pct_above_200_held_from (C.14; not a measure)
    pct_above_200_low_since date, -- last earlier session on which it was at least as low; NULL: on none since pct_above_200_held_from (not a measure)
    pct_above_200_held_from date, -- first session whose pct_above_200 is held; NULL before it (not a measure)
    nh_share_percentile_5y double, -- mid-rank of nh_share among its comparable values of the last 5 years, 0..1 (C.11)
    nh_share_z_5y double, -- nh_share in standard deviations from its mean of the 5 years before
    nh_share_is_5y_high boolean, -- nh_share is at the highest of its last 5 years; ties count
    nh_share_high_since date, -- last earlier session on which nh_share was at least as high; NULL: on none since nh_share_held_from (C.14; not a measure)
    nh_share_low_since date, -- last earlier session on which it was at least as low; NULL: on none since nh_share_held_from (not a measure)
    nh_share_held_from date, -- first session whose nh_share is held; NULL before it (not a measure)
    net_new_high_share_percentile_5y double, -- mid-rank of net_new_high_share among its comparable values of the last 5 years, 0..1 (C.11)
    net_new_high_share_z_5y double, -- net_new_high_share in standard deviations from its mean of the 5 years before
    net_new_high_share_is_5y_high boolean, -- net_new_high_share is at the highest of its last 5 years; ties count
    net_new_high_share_high_since date, -- last earlier session on which net_new_high_share was at least as high; NULL: on none since net_new_high_share_held_from (C.14; not a measure)
    net_new_high_share_low_since date, -- last earlier session on which it was at least as low; NULL: on none since net_new_high_share_held_from (not a measure)
    net_new_high_share_held_from date, -- first session whose net_new_high_share is held; NULL before it (not a measure)
    summation_index_percentile_5y double, -- mid-rank of summation_index among its comparable values of the last 5 years, 0..1 (C.11)
    summation_index_z_5y double, -- summation_index in standard deviations from its mean of the 5 years before
    summation_index_is_5y_high boolean, -- summation_index is at the highest of its last 5 years; ties count
    summation_index_high_since date, -- last earlier session on which summation_index was at least as high; NULL: on none since summation_index_held_from (C.14; not a measure)
    summation_index_low_since date, -- last earlier session on which it was at least as low; NULL: on none since summation_index_held_from (not a measure)
    summation_index_held_from date, -- first session whose summation_index is held; NULL before it (not a measure)
    adv_share_21_percentile_5y double, -- mid-rank of adv_share_21 among its comparable values of the last 5 years, 0..1 (C.11)
    adv_share_21_z_5y double, -- adv_share_21 in standard deviations from its mean of the 5 years before
    adv_share_21_is_5y_high boolean, -- adv_share_21 is at the highest of its last 5 years; ties count
    adv_share_21_high_since date, -- last earlier session on which adv_share_21 was at least as high; NULL: on none since adv_share_21_held_from (C.14; not a measure)
    adv_share_21_low_since date, -- last earlier session on which it was at least as low; NULL: on none since adv_share_21_held_from (not a measure)
    adv_share_21_held_from date -- first session whose adv_share_21 is held; NULL before it (not a measure)
);

with param as (
    select
        max(value) filter (where name = 'coverage.min_n') as min_coverage,
        max(value) filter (where name = 'breadth.min_coverage') as min_breadth_coverage,
        max(value) filter (where name = 'breadth.ma_min_eligible') as min_eligible,
        max(value) filter (where name = 'coverage.min_w') as min_w,
        max(value) filter (where name = 'coverage.full_w') as full_w,
        max(value) filter (where name = 'breadth.min_names') as min_names,
        max(value) filter (where name = 'cohort.min_share') as cohort_share,
        max(value) filter (where name = 'cohort.min_names') as cohort_names,
        max(value) filter (where name = 'rank.min_share') as rank_share,
        max(value) filter (where name = 'dispersion.min_names') as dispersion_names,
        max(value) filter (where name = 'dispersion.min_names_small') as dispersion_names_small,
        max(value) filter (where name = 'breadth.adv_share_days') as adv_share_days,
        max(value) filter (where name = 'breadth.net_high_days') as net_high_days,
        max(value) filter (where name = 'breadth.trin_days') as trin_days,
        max(value) filter (where name = 'breadth.hl_index_days') as hl_index_days,
        max(value) filter (where name = 'breadth.hl_index_min_days') as hl_index_min_days,
        max(value) filter (where name = 'breadth.mcclellan_fast') as fast,
        max(value) filter (where name = 'breadth.mcclellan_slow') as slow,
        max(value) filter (where name = 'breadth.mcclellan_min_obs') as mcclellan_min_obs,
        max(value) filter (where name = 'breadth.carry_sessions') as carry_sessions,
        max(value) filter (where name = 'history.years') as history_years,
        max(value) filter (where name = 'history.min_obs_percentile') as min_obs_percentile,
        max(value) filter (where name = 'history.min_obs_z') as min_obs_z
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
rule as (
    select cohort_id as universe_id, max(case when kind = 'RANK' then rank_to - rank_from + 1 end) as n_places, bool_or(kind = 'FIXED') as is_fixed
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
    group by cohort_id
),
need as (
    select
        universe_id,
        session,
        basis,
        coalesce(rule.is_fixed, false) as is_fixed,
        case
            when rule.n_places is not null then ceil(param.rank_share * rule.n_places)
            when rule.is_fixed or n_expected < param.min_names then greatest(param.cohort_names, ceil(param.cohort_share * n_expected))
            else param.min_names
        end as names_needed,
        case when n_expected < param.dispersion_names then param.dispersion_names_small else param.dispersion_names end as dispersion_needed
    from core.universe_breadth
    cross join param
    left join rule using (universe_id)
),
used as (
    select universe_id, session, max(n_used) as n_used from core.universe_breadth group by universe_id, session
)
-- Columns in_... are inputs of the transform that the table does not keep. It puts the rows in order.
select
    count.universe_id, count.session, count.basis, count.n_expected, count.n_used, count.n_advancing, count.n_declining, count.n_unchanged,
    count.n_untraded, count.n_eligible_20, count.n_eligible_50, count.n_eligible_100, count.n_eligible_200,
    count.n_above_20, count.n_above_50, count.n_above_100, count.n_above_200,
    count.n_high_eligible, count.n_new_high, count.n_new_low, count.n_intraday_eligible, count.n_intraday_high, count.n_intraday_low,
    count.pit_grade,
    concentration.pit_grade as cap_pit_grade,
    coalesce(weighted.n_assumed, 0) as n_assumed,
    weighted.assumed_w,
    equal.assumed_w as ew_assumed_w,
    coalesce(weighted.is_assumption_material, false) or coalesce(equal.is_assumption_material, false) as is_assumption_material,
    '1.0' as method_version,
    label.membership_label,
    label.coverage_label,
    label.bias_label,
    label.badness as in_badness,
    label.is_sparse as in_is_sparse,
    count.n_young_2 as in_n_young_2,
    count.n_young_20 as in_n_young_20,
    count.n_young_22 as in_n_young_22,
    count.n_young_50 as in_n_young_50,
    count.n_young_100 as in_n_young_100,
    count.n_young_200 as in_n_young_200,
    count.n_young_252 as in_n_young_252,
    used.n_used as in_n_used_any,
    count.up_volume as in_up_volume,
    count.down_volume as in_down_volume,
    count.up_dollar_volume_usd as in_up_dollar_volume,
    count.down_dollar_volume_usd as in_down_dollar_volume,
    need.names_needed as in_names_needed,
    need.dispersion_needed as in_dispersion_needed,
    coalesce(weighted.n_returns, 0) as in_n_returns,
    coalesce(weighted.n_weighted, 0) as in_n_weighted,
    weighted.cap_usd as in_cap,
    weighted.coverage_w as in_return_w,
    coalesce(weighted.n_unknown, 0) as in_n_unknown_before,
    weighted.cw_return as in_cw_return,
    weighted.ew_daily_return as in_ew_daily_return,
    weighted.cw_return_ex_assumed as in_cw_return_ex_assumed,
    weighted.ew_daily_return_ex_assumed as in_ew_daily_return_ex_assumed,
    coalesce(equal.n_used, 0) as in_n_equal,
    equal.used_weight as in_used_weight,
    equal.ew_return as in_ew_return,
    equal.ew_return_ex_assumed as in_ew_return_ex_assumed,
    coalesce(concentration.n_capped, 0) as in_n_capped,
    coalesce(concentration.n_issuers, 0) as in_n_issuers,
    -- A carried cap is none of the session's.
    weight.coverage_w * (concentration.fresh_cap_usd / concentration.cap_usd) as in_close_w,
    coalesce(weight.n_unknown, 0) as in_n_unknown,
    weight.unknown_w,
    weight.unknown_method,
    concentration.hhi as in_hhi,
    concentration.top7_weight as in_top7_weight,
    concentration.top10_weight as in_top10_weight,
    concentration.mag7_weight as in_mag7_weight,
    concentration.top7_price_change_20 as in_top7_price_change_20,
    coalesce(daily.n_returns, 0) as in_n_daily,
    coalesce(daily.n_weighted, 0) as in_n_daily_weighted,
    daily.coverage_w as in_daily_w,
    coalesce(daily.n_unknown, 0) as in_n_daily_unknown,
    daily.dispersion_cw as in_dispersion_cw,
    daily.dispersion_ew as in_dispersion_ew,
    daily.max_contribution as in_max_contribution,
    coalesce(monthly.n_returns, 0) as in_n_monthly,
    coalesce(monthly.n_weighted, 0) as in_n_monthly_weighted,
    monthly.coverage_w as in_monthly_w,
    coalesce(monthly.n_unknown, 0) as in_n_monthly_unknown,
    monthly.dispersion_cw as in_dispersion_cw_21,
    monthly.dispersion_ew as in_dispersion_ew_21,
    count.session >= $first as in_is_wanted,
    case when count.n_expected = 0 then coalesce(member_count.null_reason, 'UNAVAILABLE') end as in_member_reason,
    case when need.is_fixed then param.cohort_share else param.min_coverage end as in_min_coverage,
    case when need.is_fixed then param.cohort_share else param.min_breadth_coverage end as in_min_breadth_coverage,
    case when need.is_fixed then param.cohort_share else param.min_eligible end as in_min_eligible,
    param.min_coverage as in_window_share,
    need.is_fixed as in_is_fixed,
    param.min_w as in_min_w,
    param.full_w as in_full_w,
    param.adv_share_days as in_adv_share_days,
    param.net_high_days as in_net_high_days,
    param.trin_days as in_trin_days,
    param.hl_index_days as in_hl_index_days,
    param.hl_index_min_days as in_hl_index_min_days,
    param.fast as in_fast,
    param.slow as in_slow,
    param.mcclellan_min_obs as in_mcclellan_min_obs,
    param.carry_sessions as in_carry_sessions,
    param.history_years as in_history_years,
    param.min_obs_percentile as in_min_obs_percentile,
    param.min_obs_z as in_min_obs_z
from core.universe_breadth as count
join need using (universe_id, session, basis)
join used using (universe_id, session)
join core.universe_label as label using (universe_id, session, basis)
cross join param
left join core.member_count as member_count using (universe_id, session)
left join core.universe_return as weighted using (universe_id, session, basis)
left join core.universe_equal_weight as equal using (universe_id, session, basis)
left join core.universe_concentration as concentration using (universe_id, session)
left join core.universe_weight as weight using (universe_id, session)
left join core.universe_dispersion as daily
    on daily.universe_id = count.universe_id and daily.session = count.session and daily.horizon = 1
left join core.universe_dispersion as monthly
    on monthly.universe_id = count.universe_id and monthly.session = count.session and monthly.horizon = 21;
