"""The product with one text of it replaced: a file of sql/ becomes another model of the catalog, a module another module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline.models.claims import read_check
from rotation_pipeline.models.macros import read_macro
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

    def text(self) -> str:
        """The file with the bug in it. Raises ValueError where the old text is not there exactly once: the entry has to be mended."""
        whole = self.path.read_text()
        if whole.count(self.old) != 1:
            raise ValueError(f"{self.file} holds the text of the bug '{self.sentence}' {whole.count(self.old)} times; give another one")
        return whole.replace(self.old, self.new)


def put_in(bug: Bug, folder: Path) -> None:
    """Make this process run the product with the bug. ``folder`` is empty and gets the one file that differs."""
    broken = folder / Path(bug.file).relative_to("sql" if bug.file.endswith(".sql") else "rotation_pipeline")
    broken.parent.mkdir(parents=True)
    broken.write_text(bug.text())
    if bug.file.endswith(".sql"):
        _replace_catalog(bug, broken)
    else:
        _replace_module(bug, broken)


def _replace_catalog(bug: Bug, broken: Path) -> None:
    sound = Catalog.load()
    models, macros = dict(sound.models), {macro.path: macro for macro in sound.macros}
    if "macros" in broken.parts:
        macros[bug.path] = read_macro(broken)
    else:
        name = f"{broken.parent.name}.{broken.stem}"
        models[name] = read_model(broken, tuple(read_check(check.path) for check in models[name].checks))
    catalog = Catalog(models.values(), macros.values())
    setattr(Catalog, "load", lambda *_: catalog)  # noqa: B010 a class method by name, for every module that has imported the class


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
