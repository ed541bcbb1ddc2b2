"""What can go wrong, one class a failure kind; each says who is to blame, where, and the way out."""

from __future__ import annotations


class RotationError(Exception):
    """A failure the user can act on.

    ``culprit`` names the file, table, symbol or setting; ``problem`` says what is wrong there; ``fix`` is the way out.
    """

    def __init__(self, culprit: str, problem: str, fix: str) -> None:
        super().__init__(f"{culprit}: {problem}\n  way out: {fix}")
        self.culprit = culprit
        self.problem = problem
        self.fix = fix


class BadConfig(RotationError):
    """A setting, environment variable or rotation.toml that cannot be used."""


class BadInput(RotationError):
    """A source file or vendor answer whose shape or types are not what they were declared to be."""


class BadModel(RotationError):
    """A file under sql/ that breaks the house rules."""


class DamagedLoad(RotationError):
    """A landed file that is not what its manifest says."""


class HomeUnusable(RotationError):
    """The home folder cannot be created, read or written."""


class HomeBusy(RotationError):
    """Another run holds the home."""


class UnsoundEngine(RotationError):
    """A DuckDB that is known to answer wrongly."""


class NoSpace(RotationError):
    """The disk is full; what was there before is untouched."""


class MixedSources(RotationError):
    """Two kinds of market in one home."""


class FetchFailed(RotationError):
    """A source could not deliver what it was asked for."""


class BuildFailed(RotationError):
    """A table could not be built or one of its blocking checks failed."""


class PublishRefused(RotationError):
    """A release was not put in place because its audit failed."""


class UnknownRelease(RotationError):
    """A release id that the home does not hold."""
