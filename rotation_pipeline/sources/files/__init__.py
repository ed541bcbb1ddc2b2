"""A market kept in CSV and Parquet files, described by a rotation.toml."""

from rotation_pipeline.sources.files.source import Files

__all__ = ["Files"]
