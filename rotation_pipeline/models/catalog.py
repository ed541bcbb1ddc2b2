"""All of sql/: every model after the tables it reads, every macro."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models.bounds import read_bounds
from rotation_pipeline.models.claims import read_check, read_question
from rotation_pipeline.models.lineage import lineage_of
from rotation_pipeline.models.macros import read_macro
from rotation_pipeline.models.model import SCHEMAS, Check, Lineage, Macro, Model, Question
from rotation_pipeline.models.reading import PACKAGE, read_model

Stamp = frozenset[tuple[Path, int, int]]


class Catalog:
    """All models, each after the tables it reads, and the macros over them."""

    def __init__(self, models: Iterable[Model], macros: Iterable[Macro] = ()) -> None:
        by_name = {model.name: model for model in models}
        self.macros: tuple[Macro, ...] = tuple(macros)
        readers: list[Model | Macro] = [*by_name.values(), *self.macros]
        for reader in readers:
            for name in sorted(reader.reads - by_name.keys()):
                raise BadModel(
                    str(reader.path), f"reads {name}, which no file describes", f"add sql/{name.replace('.', '/')}.sql or correct it"
                )
        graph = TopologicalSorter({name: sorted(by_name[name].reads) for name in sorted(by_name)})
        try:
            order = list(graph.static_order())
        except CycleError as error:
            raise BadModel("sql/", f"tables read each other in a circle: {' -> '.join(error.args[1])}", "break the circle") from error
        self.models: Mapping[str, Model] = {name: by_name[name] for name in order}
        self._lineage: dict[str, tuple[Lineage, ...]] = {}

    @classmethod
    def load(cls, root: Path | None = None) -> Catalog:
        """Read every file under ``root`` (default: the sql/ folder that belongs to this package), once a process while none changes.

        Raises BadModel naming the file and what to change.
        """
        root = root or sql_root()
        stamp = _stamp_of(root)
        known = _LOADED.get(root)
        if known is None or known[0] != stamp:
            _LOADED[root] = known = stamp, cls._read(root)
        return known[1]

    @classmethod
    def _read(cls, root: Path) -> Catalog:
        paths = [path for schema in SCHEMAS for path in sorted((root / schema).glob("*.sql"))]
        checks: dict[str, list[Check]] = {}
        for path in sorted((root / "checks").glob("*/*/*.sql")):
            check = read_check(path)
            checks.setdefault(check.model, []).append(check)
        bounds = read_bounds(root / BOUNDS)
        models = []
        for path in paths:
            name = f"{path.parent.name}.{path.stem}"
            models.append(read_model(path, tuple(checks.pop(name, ())), bounds.get(name, ())))
        for name, orphans in checks.items():
            raise BadModel(str(orphans[0].path), f"checks {name}, which no file describes", "rename its folder after the table")
        return cls(models, [read_macro(path) for path in sorted((root / "macros").glob("*.sql"))])

    def upstream(self, name: str) -> set[str]:
        """Every table that ``name`` depends on, directly or not."""
        found: set[str] = set()
        queue = list(self.models[name].reads)
        while queue:
            table = queue.pop()
            if table not in found:
                found.add(table)
                queue.extend(self.models[table].reads)
        return found

    def lineage(self, name: str) -> tuple[Lineage, ...]:
        """For each column of a SQL-filled table the source columns its value flows from (joins and filters left out)."""
        if name not in self._lineage:
            self._lineage[name] = lineage_of(self.models[name], self.models)
        return self._lineage[name]


BOUNDS = "bounds.csv"
_LOADED: dict[Path, tuple[Stamp, Catalog]] = {}


def _stamp_of(root: Path) -> Stamp:
    """Every file that a catalog is made of, with its size and when it was written; transforms are part of a model's version."""
    files = [*root.rglob("*.sql"), *root.glob(BOUNDS), *(PACKAGE / "transforms").glob("*.py")]
    return frozenset((path, (found := path.stat()).st_size, found.st_mtime_ns) for path in files)


def load_questions(root: Path | None = None) -> tuple[Question, ...]:
    """Every file of sql/queries: a first comment that asks, then one select. Raises BadModel."""
    return tuple(read_question(path) for path in sorted(((root or sql_root()) / "queries").glob("*.sql")))


def load_question(name: str, root: Path | None = None) -> Question | None:
    """The question of this file name; None when there is none."""
    path = (root or sql_root()) / "queries" / f"{name}.sql"
    return read_question(path) if path.is_file() else None


def sql_root() -> Path:
    """The sql/ folder: inside the installed package, or beside it in a checkout."""
    inside = PACKAGE / "sql"
    return inside if inside.is_dir() else PACKAGE.parent / "sql"
