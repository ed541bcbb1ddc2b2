"""The same three verbs as Dagster assets: no logic of their own, only names, metadata and events.

No module in here uses `from __future__ import annotations`: Dagster reads the annotation of ``context`` as an object.
"""
