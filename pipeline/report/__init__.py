"""The report of one run for people: one HTML file that works offline."""

from pipeline.report.collect import collect_report
from pipeline.report.pages.report import write_report

__all__ = ["collect_report", "write_report"]
