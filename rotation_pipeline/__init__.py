"""Market-rotation warehouse: a daily batch pipeline from prices to breadth, factor returns and valuation gaps.

The map, in import order (checked by import-linter):

    errors, settings, models          what can go wrong, where things live, what sql/ says
    warehouse, landing                the one door to DuckDB; immutable Parquet loads
    sources, reference,               where rows come from; cited data files;
    transforms, release, report       pure Polars; the published file; charts
    pipeline                          the three verbs: fetch, build, publish
    assets, cli                       Dagster's view and the `rotation` command, both thin
    definitions                       where Dagster finds everything
"""
