"""Which share counts of the real filings are believed (methodology B.6): the wrong ones give no cap, the right ones come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rotation_pipeline_tests.real.market import frame

# Shares of all classes by the covers of the filings, in millions, on the share definition of the day: lowest and highest of 2019 to 2021.
COVERS = {"PANW": (94, 101), "WDAY": (218, 250), "MRNA": (328, 406), "BILL": (70, 104), "CVNA": (145, 175)}


@pytest.mark.parametrize("symbol", COVERS)
def test_a_cap_is_within_a_quarter_of_price_times_the_count_of_the_cover_or_withheld(release: Path, symbol: str) -> None:
    """The files tell three to forty times as many, again and again: an error that is repeated does not confirm itself."""
    least, most = COVERS[symbol]
    found = frame(
        release,
        f"""
        select cap.session, cap.line_cap_usd / cap.close_usd / 1e6 as millions
        from core.market_cap as cap
        join core.security as security on security.security_id = cap.security_id
        where security.symbol = '{symbol}' and year(cap.session) between 2019 and 2021
            and cap.line_cap_usd / cap.close_usd / 1e6 not between 0.75 * {least} and 1.25 * {most}
        """,
    )
    assert found.rows() == []


@pytest.mark.parametrize(("symbol", "least", "most"), [("PANW", 96, 101), ("MRNA", 380, 435), ("WDAY", 248, 258)])
def test_the_right_count_comes_back(release: Path, symbol: str, least: float, most: float) -> None:
    told = frame(
        release,
        f"""
        select count(*) as n, min(shares) / 1e6 as least, max(shares) / 1e6 as most
        from (
            select cap.session, cap.shares / case when '{symbol}' = 'PANW' and cap.session >= '2022-09-14' then 3 else 1 end as shares
            from core.market_cap as cap
            join core.security as security on security.security_id = cap.security_id
            where security.symbol = '{symbol}' and cap.session between '2022-06-01' and '2022-12-30'
        ) as held
        """,
    ).row(0, named=True)
    assert told["n"] == 148
    assert told["least"] > 0.9 * least
    assert told["most"] < 1.25 * most


@pytest.mark.parametrize(
    ("symbol", "by", "millions"),
    [
        *(("CI", "2019-09-03", 381), ("CVS", "2019-06-03", 1302), ("TMUS", "2020-09-01", 1237), ("TFC", "2020-09-01", 1356)),
        *(("TSLA", "2021-03-01", 1083), ("NVDA", "2022-03-01", 2538), ("GME", "2023-03-01", 304), ("BA", "2021-03-01", 569)),
        ("PYPL", "2021-03-01", 1187),
    ],
)
def test_mergers_and_large_companies_keep_their_counts(release: Path, symbol: str, by: str, millions: float) -> None:
    shares = frame(
        release,
        f"""
        select cap.shares / 1e6 as shares
        from core.market_cap as cap
        join core.security as security on security.security_id = cap.security_id
        where security.symbol = '{symbol}' and cap.session = '{by}'
        """,
    )
    assert shares["shares"].to_list() == pytest.approx([millions], rel=0.06)


def test_what_was_never_told_right_is_never_believed(release: Path) -> None:
    """Alphabet in hundreds of billions; a million times the shares of Visa, KKR and Constellation."""
    believed = frame(
        release,
        """
        select distinct security.symbol
        from core.market_cap as cap
        join core.security as security on security.security_id = cap.security_id
        where security.symbol in ('GOOGL', 'GOOG', 'V', 'KKR', 'STZ', 'ERIE', 'HSY')
        """,
    )
    assert believed.rows() == []


def test_a_jump_is_not_used_before_something_explains_it(release: Path) -> None:
    """Of all counts in force that moved by half or more, splits out, each that a rule speaks against says what cleared it."""
    jumps = frame(
        release,
        """
        with in_force as (
            select
                security_id, known_from, shares_fwd, doubted_by, cleared_by, quarantine_reason,
                lag(shares_fwd) over (partition by security_id order by known_from) as shares_before
            from core.share_count
        )
        select security_id, known_from, shares_before, shares_fwd, doubted_by, cleared_by
        from in_force
        where shares_fwd / shares_before not between 1 / 1.5 and 1.5
        """,
    )
    explained = jumps.filter(jumps["cleared_by"].is_in(["EARNINGS", "NEXT_COUNT", "THREE_FILINGS"]))
    undoubted = jumps.filter(jumps["doubted_by"].is_null())
    assert jumps.height == explained.height + undoubted.height
    assert explained.height > 20


def test_every_doubt_is_in_quarantine_with_its_rule(release: Path) -> None:
    told = frame(
        release,
        """
        select
            (select count(*) from core.share_count where quarantine_reason is not null and quarantine_reason <> 'STALE') as n_doubts,
            (select count(distinct (symbol, session)) from ops.quarantine where table_name = 'raw.share_count') as n_listed
        """,
    ).row(0)
    assert told[0] > 800
    assert told[1] >= 0.97 * told[0]
