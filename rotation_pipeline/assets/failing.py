"""Failures in the words of the project: who is to blame, what is wrong, the way out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from rotation_pipeline.errors import FetchFailed, HomeBusy, RotationError
from rotation_pipeline.warehouse import BuildResult

WORTH_ANOTHER_TRY = (FetchFailed, HomeBusy)


@contextmanager
def told() -> Iterator[None]:
    """Turn a RotationError into a failed step that says the way out; only what time may heal is tried again."""
    try:
        yield
    except RotationError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"culprit": error.culprit, "problem": error.problem, "way out": error.fix},
            allow_retries=isinstance(error, WORTH_ANOTHER_TRY),
        ) from error


def refuse(failures: Sequence[BuildResult]) -> None:
    """Fail the step when tables failed; the others are done, and the failed ones keep their last good rows."""
    if not failures:
        return
    failed = [result for result in failures if result.status == "failed"]
    skipped = [result for result in failures if result.status == "skipped"]
    lines = [f"{result.table} failed: {result.reason}" for result in failed]
    lines += [f"{result.table} was not built: {result.reason}" for result in skipped]
    raise dg.Failure(
        description="\n".join([*lines, "These tables keep their last good rows, and the last release stays."]),
        metadata={"failed": ", ".join(r.table for r in failed) or "none", "not built": ", ".join(r.table for r in skipped) or "none"},
        allow_retries=False,
    )
