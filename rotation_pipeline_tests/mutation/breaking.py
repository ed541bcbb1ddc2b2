"""The product with one text of it replaced: the file of a table becomes another model of the catalog, a module another module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline.models.claims import read_check
from rotation_pipeline.models.reading import read_model

ROOT = sql_root().parent


@dataclass(frozen=True)
class Bug:
    """One deliberate bug: ``old`` becomes ``new`` in ``file``; one of the tests ``caught_by`` (node ids) must fail by assertion."""

    sentence: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file as it is."""
        return ROOT / self.file

    @property
    def is_of_a_model(self) -> bool:
        """Whether it is in the statement of a table."""
        return self.file.endswith(".sql")

    def text(self) -> str:
        """The file with the bug in it. Raises ValueError where the old text is not there exactly once: the entry has to be mended."""
        whole = self.path.read_text()
        if whole.count(self.old) != 1:
            raise ValueError(f"{self.file} holds the text of the bug '{self.sentence}' {whole.count(self.old)} times; give another one")
        return whole.replace(self.old, self.new)


def put_in(bug: Bug, folder: Path) -> None:
    """Make this process run the product with the bug, one of a module. ``folder`` is empty and gets the one file that differs."""
    broken = _write(bug, folder)
    _replace_module(bug, broken)


@contextmanager
def broken_by(bug: Bug, folder: Path) -> Iterator[None]:
    """The catalog that this process has loaded with the bug, one of a model, in it; a warehouse that is open fills the table by it.

    ``folder`` gets the one file that differs.
    """
    broken = _write(bug, folder)
    models = Catalog.load().models
    assert isinstance(models, dict)
    name = f"{broken.parent.name}.{broken.stem}"
    sound = models[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models, name, read_model(broken, tuple(read_check(check.path) for check in sound.checks)))
        yield


def _write(bug: Bug, folder: Path) -> Path:
    broken = folder / Path(bug.file).relative_to("sql" if bug.is_of_a_model else "rotation_pipeline")
    broken.parent.mkdir(parents=True)
    broken.write_text(bug.text())
    return broken


def _replace_module(bug: Bug, broken: Path) -> None:
    name = bug.file.removesuffix(".py").replace("/", ".")
    parent = importlib.import_module(name.rpartition(".")[0])
    spec = importlib.util.spec_from_file_location(name, broken)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    setattr(parent, name.rpartition(".")[2], module)
