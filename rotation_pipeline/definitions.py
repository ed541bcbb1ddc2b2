"""Everything that Dagster shows and runs. Loading it reads sql/ only: no home, no database, no network."""

import dagster as dg

from rotation_pipeline.assets.alerting import alert_on_failure
from rotation_pipeline.assets.building import table_assets
from rotation_pipeline.assets.fetching import fetch_assets
from rotation_pipeline.assets.releasing import release_assets
from rotation_pipeline.assets.scheduling import daily, evening, resume, session_final
from rotation_pipeline.models import Catalog


def build_definitions(catalog: Catalog) -> dg.Definitions:
    """The definitions over the tables of ``catalog``."""
    return dg.Definitions(
        assets=[fetch_assets(catalog), table_assets(catalog), *release_assets(catalog)],
        jobs=[daily],
        schedules=[evening, session_final, resume],
        sensors=[alert_on_failure],
        executor=dg.in_process_executor,
    )


defs = build_definitions(Catalog.load())
