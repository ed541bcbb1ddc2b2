"""The bugs. The first twelve are those that the methodology asks for (V.3), the rest what a quant would fear.

Average correlation (C.10) is not part of the product; its wrong divisor is put into the z-score of C.11 instead.
"""

from __future__ import annotations

from rotation_pipeline_tests.mutation.breaking import Bug

SQL = "rotation_pipeline_tests/sql/"


def _named(file: str, *tests: str) -> tuple[str, ...]:
    return tuple(f"{file}::{test}" for test in tests)


BUGS = (
    Bug(
        "returns are made of the vendor's adjusted close",
        "sql/core/price_bar.sql",
        "else served.close * basis.price_factor end as level",
        "else served.adj_close * basis.price_factor end as level",
        _named(f"{SQL}test_core_price_bar.py", "test_dividends_are_implied_within_one_load", "test_splits_bring_loads_to_one_basis"),
    ),
    Bug(
        "an announcement after the close is known on its own day",
        "sql/core/earnings_observation.sql",
        "when told.timing in ('BMO', 'DMH') then release.at_or_after",
        "when told.timing in ('BMO', 'DMH', 'AMC') then release.at_or_after",
        _named(f"{SQL}test_core_earnings.py", "test_timing_without_an_hour"),
    ),
    Bug(
        "earnings per share stay on the basis of their own day",
        "sql/core/earnings_observation.sql",
        "said.eps_actual * coalesce(regime.share_factor, 1) as eps_actual_fwd",
        "said.eps_actual as eps_actual_fwd",
        _named(f"{SQL}test_core_earnings.py", "test_eps_are_brought_to_the_first_share_basis"),
    ),
    Bug(
        "a moving average of a window that is not full",
        "sql/core/universe_breadth.sql",
        "age >= 20 and sum_20 & 1023 >= ceil(ma_min_share * 20)",
        "sum_20 & 1023 >= 1",
        _named(f"{SQL}test_core_universe_breadth.py", "test_average_golden_stretched_to_20_sessions"),
    ),
    Bug(
        "losses are left out of the headline multiple",
        "sql/mart/valuation.sql",
        "when 'pe_incl' then cohort.used_cap_usd / nullif(greatest(cohort.used_sum_usd, 0), 0)",
        "when 'pe_incl' then cohort.positive_cap_usd / nullif(cohort.positive_sum_usd, 0)",
        _named(f"{SQL}test_mart_valuation.py", "test_golden_multiples"),
    ),
    Bug(
        "a line that is delisted is dropped without its last return",
        "sql/core/delisting.sql",
        "where security.delist_return is not null",
        "where security.delist_return is not null and security.delist_return = 0",
        _named(f"{SQL}test_core_delisting.py", "test_the_return_belongs_to_the_session_after_the_last_trade"),
    ),
    Bug(
        "the members of today are those of every day",
        "sql/core/universe_return.sql",
        "and line.session >= member_set.valid_from",
        "and line.session >= date '1900-01-01'",
        _named(f"{SQL}test_core_universe_return.py", "test_a_member_earns_from_its_first_session_on"),
    ),
    Bug(
        "a price is carried forward into advances and declines",
        "sql/core/universe_breadth.sql",
        "lag(close) over () as close_before",
        "lag(close ignore nulls) over () as close_before",
        _named(f"{SQL}test_core_universe_breadth.py", "test_gap_name_is_untraded_and_stale_name_is_unused"),
    ),
    Bug(
        "a standard deviation of a sample is divided by n",
        "rotation_pipeline/transforms/history.py",
        "(n * (n - 1)).cast(pl.Float64)",
        "(n * n).cast(pl.Float64)",
        _named("rotation_pipeline_tests/transforms/test_history.py", "test_golden_z_leaves_today_out"),
    ),
    Bug(
        "momentum takes in the month that ends at formation",
        "sql/core/characteristic.sql",
        "max(month.log_tri_e15) filter (where month.month_no = company.month_no - param.mom_skip_months)",
        "max(month.log_tri_e15) filter (where month.month_no = company.month_no)",
        _named(f"{SQL}test_core_characteristic.py", "test_momentum_skips_the_month_that_ends_at_formation"),
    ),
    Bug(
        "the multiple of a cohort is a mean of multiples",
        "sql/mart/valuation.sql",
        "when 'pe_incl' then cohort.used_cap_usd / nullif(greatest(cohort.used_sum_usd, 0), 0)",
        "when 'pe_incl' then cohort.median_multiple",
        _named(f"{SQL}test_mart_valuation.py", "test_golden_multiples"),
    ),
    Bug(
        "a company with two lines counts twice",
        "sql/core/cohort_fundamental.sql",
        "join core.issuer_membership as stay",
        "join core.membership as stay",
        _named(f"{SQL}test_mart_valuation.py", "test_two_lines_of_a_company_count_once"),
    ),
    Bug(
        "a count of the whole company is taken once a line",
        "sql/core/market_cap.sql",
        "case when is_company_count then primary_cap_usd else sum_cap_usd end",
        "sum_cap_usd",
        _named(f"{SQL}test_core_market_cap.py", "test_counts_of_the_whole_company_are_taken_once"),
    ),
    Bug(
        "shares are known before they are filed",
        "sql/core/market_cap.sql",
        "greatest(counted.known_from, coalesce(regime.valid_from, date '1900-01-01')) as valid_from",
        "coalesce(regime.valid_from, date '1900-01-01') as valid_from",
        _named(f"{SQL}test_core_market_cap.py", "test_the_count_known_at_the_close_prices_the_company"),
    ),
    Bug(
        "a restated quarter counts from the day of the first filing",
        "sql/core/trailing_fundamental.sql",
        "and fact.known_from <= moment.on_session and (fact.known_to is null or moment.on_session < fact.known_to)",
        "and fact.known_to is null",
        _named(
            f"{SQL}test_core_trailing_fundamental.py",
            "test_a_restated_quarter_counts_from_the_day_of_its_restatement",
            "test_what_was_known_does_not_depend_on_later_filings",
        ),
    ),
    Bug(
        "every session closes at 16:00, half days too",
        "sql/core/earnings_observation.sql",
        "session, close_at,",
        "session, case when is_early_close then close_at + interval 3 hour else close_at end as close_at,",
        _named(f"{SQL}test_core_earnings.py", "test_instants_react_by_the_close_of_that_very_day"),
    ),
    Bug(
        "weights are those of the close that the return ends at",
        "sql/core/universe_return.sql",
        "join core.session on session.previous_session = market_cap.session",
        "join core.session on session.session = market_cap.session",
        _named(f"{SQL}test_core_universe_return.py", "test_weights_are_those_of_the_close_before"),
    ),
    Bug(
        "a stale close counts as unchanged",
        "sql/core/universe_breadth.sql",
        "case when is_valid and not is_stale then close_fwd_e9 end as close",
        "case when is_valid then close_fwd_e9 end as close",
        _named(f"{SQL}test_core_universe_breadth.py", "test_gap_name_is_untraded_and_stale_name_is_unused"),
    ),
    Bug(
        "a flat price is a new high",
        "sql/core/universe_breadth.sql",
        "n_before >= high_min_prior then level > max_before end as is_new_high",
        "n_before >= high_min_prior then level >= max_before end as is_new_high",
        _named(f"{SQL}test_core_universe_breadth.py", "test_a_price_that_does_not_move_is_neither_high_nor_low"),
    ),
    Bug(
        "no earnings at all are an infinite multiple",
        "sql/mart/valuation.sql",
        "when 'pe_incl' then cohort.used_cap_usd / nullif(greatest(cohort.used_sum_usd, 0), 0)",
        "when 'pe_incl' then cohort.used_cap_usd / greatest(cohort.used_sum_usd, 0)",
        _named(f"{SQL}test_mart_valuation.py", "test_losses_leave_no_multiple_but_a_yield"),
    ),
    Bug(
        "a moving average counts today's price as the past only",
        "sql/core/universe_breadth.sql",
        "sum_close - lag(sum_close, 20, 0) over () as close_20",
        "lead(sum_close, 1, sum_close) over () - lag(sum_close, 19, 0) over () as close_20",
        _named(f"{SQL}test_core_universe_breadth.py", "test_average_golden_stretched_to_20_sessions", "test_windowed_is_whole"),
    ),
    Bug(
        "a dividend after a bar in doubt is a share of that bar's price",
        "sql/core/return_base.sql",
        "then walk.implied_yield + walk.growth * next.implied_yield else",
        "then walk.implied_yield + next.implied_yield else",
        _named(f"{SQL}test_core_return_base.py", "test_a_dividend_after_the_bar_in_doubt_is_of_the_price_before_it"),
    ),
    Bug(
        "a count was known when it was last told",
        "sql/core/share_count.sql",
        "order by on_basis.fetched_at, on_basis.load_id",
        "order by on_basis.fetched_at desc, on_basis.load_id",
        _named(f"{SQL}test_core_share_count.py", "test_a_count_that_is_told_again_was_known_when_it_was_first_told"),
    ),
    Bug(
        "a split to come brings a count of today to another basis",
        "sql/core/share_count.sql",
        "where split.ex_session <= in_forward.true_basis and",
        "where",
        _named(f"{SQL}test_core_share_count.py", "test_a_split_to_come_does_not_excuse_a_count_of_today"),
    ),
    Bug(
        "counts that were rewritten for a split stand on a basis before it",
        "sql/core/share_count.sql",
        "then greatest(counted.basis_date, verdict.ex_session)",
        "then counted.basis_date",
        _named(f"{SQL}test_core_share_count.py", "test_a_series_rewritten_for_a_split_is_on_the_basis_after_it_at_least"),
    ),
    Bug(
        "a company is stale when one of its lines is",
        "sql/core/universe_concentration.sql",
        "bool_and(line.is_stale) as is_stale",
        "bool_or(line.is_stale) as is_stale",
        _named(f"{SQL}test_core_universe_concentration.py", "test_a_company_with_one_line_priced_is_priced"),
    ),
    Bug(
        "today counts among the sessions of its own z-score",
        "rotation_pipeline/transforms/breadth.py",
        "n_grown <= needed_z, n <= needed_z",
        "n_grown < needed_z, n < needed_z",
        _named(f"{SQL}test_mart_breadth.py", "test_a_z_score_needs_its_minimum_of_sessions_before_today"),
    ),
    Bug(
        "today counts among the sessions of its own z-score where its history has holes",
        "rotation_pipeline/transforms/breadth.py",
        ", n <= needed_z",
        ", n < needed_z",
        _named(f"{SQL}test_mart_breadth.py", "test_a_z_score_with_holes_in_its_history_needs_its_minimum_too"),
    ),
)
