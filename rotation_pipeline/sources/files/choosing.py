"""Which rows of a file an entry means: those that its ``where`` chooses, and a file of several kinds that nothing chooses from.

A vendor often keeps all kinds of one thing in one file and tells them apart by a column (action: split, dividend, ...). Read whole,
a split ratio of 2 would be a dividend of 2 USD; so a file that shows such a column is refused until the entry says which rows it means.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup

_ACTION_NAMES = {"action", "actions", "actiontype", "corporateaction", "catype", "type", "event", "events", "eventtype", "kind", "category"}
_KIND_NAMES = {
    "splits": _ACTION_NAMES,
    "dividends": _ACTION_NAMES,
    "statements": {"dimension"},
    "shares": {"dimension"},
    "earnings": {"dimension"},
}
# Words that a column may hold beside one another without any row being of another kind.
_OWN = {
    "splits": re.compile(r"((stock|forward|reverse|split|splits|consolidation)[\W_]*)+"),
    "dividends": re.compile(r"((cash|dividend|dividends|div|regular|ordinary|special|extra|interim|final)[\W_]*)+"),
}
_SPLIT, _CASH = re.compile(r"split"), re.compile(r"divid|^(cash )?div$|cash")
_OTHERS = {"splits": _CASH, "dividends": _SPLIT}
_ALIKE = 0.9  # difflib ratio from which a word that the file does not hold is taken for a misspelling of one that it holds
_MOST_KINDS = 50  # a column of more words tells texts, not kinds
_SHOWN = 8


def chosen(group: FileGroup, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that ``where`` means: in each of its columns one of its words, blanks around them aside."""
    for column, words in group.chosen:
        frame = frame.filter(_words(column).is_in(words))
    return frame


def check_choice(file: Path, group: FileGroup, scan: pl.LazyFrame, present: Sequence[str]) -> None:
    """Raise BadInput when ``where`` names a column that the file lacks, or a word that it has in another spelling."""
    for column, words in group.chosen:
        if column not in present:
            close = difflib.get_close_matches(column, present, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise BadInput(
                str(file), f"has no column {column!r}", f"{hint}it has: {', '.join(present)}. In {group.where}: where = {{ ... }}"
            )
        held = _held(scan, column)
        for word in words:
            alike = next((other for other in held if _is_misspelt(word, other)), None) if word not in held else None
            if alike is not None and alike not in words:
                raise BadInput(
                    f"{file}, column {column}",
                    f"holds no {word!r}, which where asks for, but {alike!r}",
                    f"words count as they are written: in {group.where}: where = {{ {column} = {alike!r} }}",
                )


def n_left_out(scan: pl.LazyFrame, group: FileGroup) -> int:
    """How many rows of the file ``where`` leaves out."""
    every, taken = pl.collect_all([scan.select(pl.len()), chosen(group, scan).select(pl.len())])
    return int(every.item() - taken.item())


def held_words(scan: pl.LazyFrame, group: FileGroup) -> str:
    """What the columns of ``where`` hold, for a message."""
    return "; ".join(f"{column} holds {_listed(_held(scan, column))}" for column, _words_asked in group.chosen)


def check_mixture(file: Path, group: FileGroup, scan: pl.LazyFrame, unread: Sequence[str]) -> None:
    """Raise BadInput when a column that is not read tells of rows of another kind. ``unread``: columns neither mapped nor chosen from."""
    names = _KIND_NAMES.get(group.section)
    if names is None:
        return
    types = scan.collect_schema()
    for column in unread:
        if types[column] not in (pl.String, pl.Categorical) and not isinstance(types[column], pl.Enum):
            continue
        is_named = re.sub(r"[^a-z]", "", column.lower()) in names
        if not is_named and group.section not in _OTHERS:
            continue
        words = _held(scan, column)
        if len(words) <= _MOST_KINDS and _is_mixture(group.section, [word.lower() for word in words], is_named):
            tells = "rows of several kinds" if len(words) > 1 else "rows of another kind"
            problem = f"tells {tells} ({_listed(words)}), and [[{group.section}]] would read them all"
            choice = f"where = {{ {column} = {_example(group.section, words)} }}, or a list of words"
            raise BadInput(f"{file}, column {column}", problem, f"choose the rows that are meant: in {group.where}: {choice}")


def _is_mixture(section: str, words: Sequence[str], is_named: bool) -> bool:
    others, own = _OTHERS.get(section), _OWN.get(section)
    if others is None or own is None:
        return len(words) > 1
    is_of_another = any(others.search(word) for word in words)
    if not is_named:
        mine = _SPLIT if section == "splits" else _CASH
        return is_of_another and any(mine.search(word) for word in words)
    return is_of_another if len(words) == 1 else not all(own.fullmatch(word) for word in words)


def _example(section: str, words: Sequence[str]) -> str:
    own = {"splits": _SPLIT, "dividends": _CASH}.get(section)
    return repr(min((word for word in words if own is None or own.search(word.lower())), key=len, default="...")).replace("'", '"')


def _is_misspelt(word: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, word.casefold(), other.casefold()).ratio() >= _ALIKE


def _words(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars()


def _held(scan: pl.LazyFrame, column: str) -> list[str]:
    held = scan.select(_words(column).alias("word")).filter(pl.col("word") != "").unique().collect()["word"]
    return held.sort().to_list()


def _listed(words: Sequence[str]) -> str:
    if not words:
        return "nothing"
    return ", ".join(words[:_SHOWN]) + (f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else "")
