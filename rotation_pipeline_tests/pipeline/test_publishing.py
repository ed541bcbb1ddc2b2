"""What makes a new release: also a macro that changed, though no table did."""

from __future__ import annotations

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask


def test_a_changed_set_of_macros_is_published_and_an_unchanged_one_is_not(own_home: Settings, catalog: Catalog) -> None:
    assert pipeline.publish(own_home, pipeline.Quiet(), catalog=catalog) is None
    fewer = Catalog(catalog.models.values(), catalog.macros[:1])
    release = pipeline.publish(own_home, pipeline.Quiet(), catalog=fewer)
    assert release is not None
    assert release.mode == "RECONSTRUCTED"
    held = "select function_name from duckdb_functions() where function_type = 'table_macro' and not internal"
    assert ask(release.path, held).rows == ((catalog.macros[0].name,),)
    assert ask(release.path, "select macro_name from meta.macro_doc").rows == ((catalog.macros[0].name,),)
