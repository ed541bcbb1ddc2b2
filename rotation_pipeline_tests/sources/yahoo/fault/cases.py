"""What Yahoo gets wrong, what we write down about it, and what it does to the tables: one case a fault.

Evening 0 ends a calm history. ``unknown`` names cells of core.daily_price that stay NULL; every other one is the truth.
"""

from __future__ import annotations

from typing import Any

from rotation_pipeline.landing import Outcome
from rotation_pipeline_tests.sources.yahoo.fault.case import (
    ALL_1,
    LEDGER,
    MENDED,
    NO_PRICE,
    NO_TOTAL,
    NUMBERS,
    QUARANTINE,
    RESTATEMENT,
    RIGHT,
    TOTAL_1,
    Case,
    Look,
    Spoil,
)
from rotation_pipeline_tests.sources.yahoo.fault.spoils import (
    answers,
    away,
    body,
    dead,
    dividend_with,
    lasting,
    late_split,
    lost_until_3,
    outside,
    running,
    silent,
    slow,
    split_with,
    summary_fails,
    weekend_dividend,
)
from rotation_pipeline_tests.sources.yahoo.loopback import market_faults as fault

# Of the last spell of a line: what brings prices and share counts to the first basis; what is believed to have been paid, and what not.
FACTORS = """
    select
        arg_max(price_factor, valid_from), arg_max(share_factor, valid_from),
        (
            select (round(sum(cash_usd) filter (where quarantine_reason is null), 9), count(quarantine_reason))
            from core.distribution
            where security_id = any_value(spell.security_id)
        )
    from core.split_regime as spell
    join core.security as security on security.security_id = spell.security_id and security.symbol = '{}'
"""


def factors(symbol: str, ratio: float) -> tuple[str, list[tuple[Any, ...]]]:
    """The one split of the symbol counts for prices and share counts, and the dividend of before it is paid as it was."""
    return FACTORS.format(symbol), [(ratio, ratio, (0.25, 0))]


def no_chart(symbol: str, words: str, fault_text: str, spoil: Spoil, outcome: Outcome = "failed") -> Case:
    """No chart comes on evening 1; the sweep has the day's price."""
    looks = (
        Look(1, LEDGER, outcome, words, NO_TOTAL, TOTAL_1),
        Look(2, LEDGER, "landed", "verified", MENDED),
    )
    return Case(symbol, fault_text, spoil, looks)


def harmless(symbol: str, fault_text: str, spoil: Spoil, words: str = "verified") -> Case:
    """The fault passes without a trace in the tables."""
    return Case(symbol, fault_text, spoil, (Look(1, LEDGER, "landed", words, RIGHT),))


# Each company of one market has a fault of its own.
SINGLE = (
    harmless("WAIT", "HTTP 429 with Retry-After, once", answers("429 for 7 s")),
    harmless("BUSY", "HTTP 429 without Retry-After, twice", answers("429", "429")),
    harmless("DROP", "a dropped connection, then an answer torn off half way, then the whole one", answers("drop", "torn")),
    harmless("SLOW", "no answer in time, once", slow),
    harmless("CUTS", "a body cut off, once", answers("cut")),
    no_chart("FAIL", "HTTP 500", "HTTP 500 all evening", lasting("500")),
    no_chart("CUTA", "a cut or empty answer", "a body cut off, all evening", lasting("cut")),
    no_chart("EMPT", "a cut or empty answer", "an empty body, all evening", lasting("empty")),
    no_chart("HTML", "an HTML page in place of data", "the consent page in place of a chart", lasting("consent")),
    no_chart("NULL", "without rows and without a reason", "an answer without rows and without a reason", lasting("null")),
    no_chart(
        "GONE", "No data found, symbol may be delisted", '404 "symbol may be delisted" for a living symbol', lasting("404"), "excused"
    ),
    no_chart(
        "STEP",
        "bars of 1mo where daily ones were asked for",
        "bars of months in place of days",
        body(lambda served, _scene: fault.of_step(served, "1mo"), 1),
    ),
    Case(
        "DEAD",
        '404 "symbol may be delisted" on three evenings and ever after, no quote either',
        dead,
        (
            Look(1, LEDGER, "excused", "No data found, symbol may be delisted", NO_PRICE, ALL_1),
            Look(
                3,
                LEDGER,
                "excused",
                "No data found, symbol may be delisted",
                "missing, not dead: no end and no assumed return; given up after 60 sessions, or after 20 that no sweep saw it (A.9)",
                frozenset((nth, name) for nth in (1, 2, 3) for name in NUMBERS),
                also=("select delist_session is null from core.security where symbol = 'DEAD'", [(True,)]),
            ),
            Look(
                5,
                "ops.coverage",
                "1 missing",
                "EQUITY",
                "counted as missing every session",
                frozenset((nth, name) for nth in range(1, 6) for name in NUMBERS),
                subject="EQUITY",
            ),
        ),
    ),
    harmless("BACK", "rows in reverse order", body(lambda served, _scene: fault.reordered(served), 1)),
    harmless("TWIN", "a row served twice", body(lambda served, scene: fault.with_row_twice(served, scene.day), 1)),
    harmless("OPEN", "a further bar of a session that still trades", body(running, 1)),
    Case(
        "SNAN",
        "a close of NaN beside a volume, in the chart, and a quote without a price",
        silent,
        (Look(1, QUARANTINE, "NO_PRICE", "", NO_PRICE, ALL_1), Look(2, LEDGER, "landed", "verified", MENDED)),
    ),
    Case(
        "OVER",
        "a close above the day's high",
        outside,
        (
            Look(1, QUARANTINE, "INCONSISTENT_BAR", "", "the session's price and returns are not used", ALL_1),
            Look(2, RESTATEMENT, "CORRECTION", "RECOMPUTED", MENDED),
        ),
    ),
    Case(
        "MUTE",
        "the summary of a company fails for two evenings",
        summary_fails,
        (
            Look(1, LEDGER, "failed", "HTTP 500", "prices are right; estimates are missing", dataset="raw.estimate"),
            Look(2, LEDGER, "excused", "no estimate", "asked again until it answers", dataset="raw.estimate"),
        ),
    ),
    Case(
        "LOST",
        "a session missing for two evenings, served on the third",
        lost_until_3,
        (
            Look(1, LEDGER, "landed", "the last bar is of", NO_PRICE, ALL_1),
            Look(3, RESTATEMENT, "LATE_ROW", "RECOMPUTED", "right once it is served"),
        ),
    ),
    Case(
        "LATE",
        "a 4:1 split neither listed nor applied on its day, both on the next",
        late_split,
        (
            Look(1, QUARANTINE, "SUSPECT_SPLIT", "", "the session's price and returns are not used", ALL_1),
            Look(2, RESTATEMENT, "ACTION_ADDED", "RECOMPUTED", MENDED),
        ),
    ),
    Case(
        "HALF",
        "a 4:1 split listed, the history before it not rescaled until the next evening",
        split_with(lambda served, scene: fault.unapplied_split(served, scene.day)),
        (
            Look(1, RESTATEMENT, "SPLIT_NOT_APPLIED", "NONE", RIGHT, also=factors("HALF", 4.0)),
            Look(2, LEDGER, "landed", "verified", RIGHT, also=factors("HALF", 4.0)),
        ),
    ),
    Case(
        "TINY",
        "a reverse split of 1:190, listed and applied",
        split_with(lambda served, _scene: served, 1, 190),
        (Look(1, RESTATEMENT, "BASIS_CHANGE", "NONE", RIGHT, also=factors("TINY", 1 / 190)),),
    ),
    Case(
        "THIN",
        "a reverse split of 1:190 listed, neither closes nor dividends of before it ever rescaled",
        split_with(lambda served, scene: fault.unapplied_split(served, scene.days[1], is_cash_too=True), 1, 190, until=99),
        (
            Look(1, RESTATEMENT, "SPLIT_NOT_APPLIED", "NONE", RIGHT, also=factors("THIN", 1 / 190)),
            Look(5, LEDGER, "landed", "verified", RIGHT, also=factors("THIN", 1 / 190)),
        ),
    ),
    Case(
        "THAW",
        "a reverse split of 1:190 listed, dividends of before it rescaled at once, closes three evenings later",
        split_with(lambda served, scene: fault.unapplied_split(served, scene.days[1]), 1, 190, until=3),
        (
            Look(1, RESTATEMENT, "SPLIT_NOT_APPLIED", "NONE", RIGHT, also=factors("THAW", 1 / 190)),
            Look(4, LEDGER, "landed", "verified", RIGHT, also=factors("THAW", 1 / 190)),
        ),
    ),
    Case(
        "MISS",
        "a 4:1 split applied and listed as 5:1 until the next evening",
        split_with(lambda served, scene: fault.misstated_split(served, scene.day, 5, 1)),
        (
            Look(
                1, RESTATEMENT, "SUSPECT_SPLIT", "QUARANTINED", "bars from that session on are not used", ALL_1, also=factors("MISS", 5.0)
            ),
            Look(2, RESTATEMENT, "ACTION_CHANGED", "RECOMPUTED", MENDED, also=factors("MISS", 4.0)),
        ),
    ),
    Case(
        "FIVE",
        "a 4:1 split listed, the history before it rescaled by 5:1 until the next evening",
        split_with(lambda served, scene: fault.misapplied_split(served, scene.day, 5 / 4)),
        (
            Look(
                1, RESTATEMENT, "SUSPECT_SPLIT", "QUARANTINED", "bars from that session on are not used", ALL_1, also=factors("FIVE", 4.0)
            ),
            Look(2, RESTATEMENT, "BASIS_CHANGE", "NONE", MENDED, also=factors("FIVE", 4.0)),
        ),
    ),
    Case(
        "BOTH",
        "a 4:1 split not listed and the history before it rescaled by 5:1 until the next evening",
        split_with(lambda served, scene: fault.misapplied_split(fault.unlisted_split(served, scene.day), scene.day, 5 / 4)),
        (
            Look(
                1, RESTATEMENT, "SUSPECT_SPLIT", "QUARANTINED", "bars from that session on are not used", ALL_1, also=factors("BOTH", 1.0)
            ),
            Look(2, RESTATEMENT, "BASIS_CHANGE", "NONE", MENDED, also=factors("BOTH", 4.0)),
        ),
    ),
    Case(
        "MYTH",
        "a 2:1 split listed that was never made, for two evenings",
        body(lambda served, scene: fault.imagined_split(served, scene.days[1], 2, 1), 1, 2),
        (
            Look(1, RESTATEMENT, "SPLIT_NOT_APPLIED", "prices do not show it", "the session is suspected: no price and no return", ALL_1),
            Look(2, QUARANTINE, "SUSPECT_SPLIT", "", "the session is suspected: no price and no return", ALL_1),
            Look(3, RESTATEMENT, "ACTION_REMOVED", "RECOMPUTED", "right once it is listed no more", also=factors("MYTH", 1.0)),
        ),
    ),
    Case(
        "SHUT",
        "a 4:1 split applied and not listed until the next evening",
        split_with(lambda served, scene: fault.unlisted_split(served, scene.day)),
        (
            Look(
                1, RESTATEMENT, "SUSPECT_SPLIT", "QUARANTINED", "bars from that session on are not used", ALL_1, also=factors("SHUT", 1.0)
            ),
            Look(2, RESTATEMENT, "ACTION_ADDED", "RECOMPUTED", MENDED),
        ),
    ),
    Case(
        "TWOX",
        "a dividend listed with twice its amount, put right the next evening",
        dividend_with(lambda served, scene: fault.scaled_dividend(served, scene.day, 2.0)),
        (
            Look(1, RESTATEMENT, "CONTRADICTED_DIVIDEND", "QUARANTINED", "the price return; no total return", TOTAL_1),
            Look(2, RESTATEMENT, "ACTION_CHANGED", "RECOMPUTED", MENDED),
        ),
    ),
    Case(
        "OWED",
        "a dividend listed a day late",
        dividend_with(lambda served, scene: fault.unlisted_dividend(served, scene.day)),
        (Look(2, RESTATEMENT, "ACTION_ADDED", "RECOMPUTED", "right once it is listed; nothing could tell before"),),
    ),
    Case(
        "FIXD",
        "a close served too high, corrected the next evening",
        body(lambda served, scene: fault.corrected(served, scene.day, 1.03), 0),
        (Look(1, RESTATEMENT, "CORRECTION", "RECOMPUTED", "right once it is corrected"),),
    ),
    no_chart(
        "MIDN",
        "days without session (last: Sunday, ",
        "every row stamped at midnight UTC, the evening before in New York",
        body(lambda served, _scene: fault.at_midnight_utc(served), 1),
    ),
    no_chart(
        "EARL",
        "are those held of the session after",
        "every row under the day of the session before",
        body(lambda served, _scene: fault.a_session_early(served), 1),
    ),
    Case(
        "SATU",
        "a dividend listed under a Saturday",
        weekend_dividend,
        (Look(3, LEDGER, "landed", "verified", "right at once: it counts from the session after, as the adjusted close says"),),
    ),
    Case(
        "AWAY",
        "a symbol that Yahoo does not know on three evenings, back on the fourth",
        away,
        (
            Look(
                3,
                LEDGER,
                "excused",
                "No data found, symbol may be delisted",
                NO_PRICE,
                frozenset((nth, name) for nth in (1, 2, 3) for name in NUMBERS),
            ),
            Look(
                4,
                LEDGER,
                "landed",
                "4 new",
                "right again, the missing sessions too: the sweep that sees it asks for its chart",
                also=("select count(*) from core.security where symbol = 'AWAY' and delist_session is null", [(1,)]),
            ),
        ),
    ),
)
