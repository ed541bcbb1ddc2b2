"""Small pictures of numbers, drawn as SVG by hand. Knows neither Dagster nor the warehouse: numbers in, text out."""

from rotation_pipeline.report.embed import markdown_image
from rotation_pipeline.report.line_chart import Series, line_chart_svg
from rotation_pipeline.report.sparkline import sparkline_svg

__all__ = ["Series", "line_chart_svg", "markdown_image", "sparkline_svg"]
