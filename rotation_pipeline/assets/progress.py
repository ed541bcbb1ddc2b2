"""What the kernel says while it works, in the log of the run."""

import logging

from rotation_pipeline.warehouse import BuildResult

LINES_A_STAGE = 10


class Log:
    """A reporter that writes to the step's log, a few lines a stage."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._last_tenth = -1

    def stage(self, name: str, total: int | None = None) -> None:
        """A verb begins; a log has no use for how much there is to do."""
        del total
        self._last_tenth = -1
        self._log.info(name)

    def advance(self, done: int, total: int, what: str) -> None:
        """Say so now and then, not for every symbol."""
        tenth = done * LINES_A_STAGE // max(total, 1)
        if tenth != self._last_tenth:
            self._last_tenth = tenth
            self._log.info("%s of %s %s", done, total, what)

    def built(self, result: BuildResult) -> None:
        """Say what became of a table, unless nothing did."""
        if result.status == "built":
            self._log.info("built %s: %s rows in %.2f s", result.table, f"{result.n_rows:,}", result.seconds)
        elif result.status != "unchanged":
            self._log.error("%s %s: %s", result.status, result.table, result.reason)
