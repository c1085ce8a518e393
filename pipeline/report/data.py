"""The data of a report: the run, and what its sections read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.report.overview import GraphNode, RunOverview
from pipeline.report.section import Section

_T = TypeVar("_T")


@dataclass(frozen=True)
class ReportData:
    """The whole report.

    Attributes:
        run: The run as a whole.
        graph: The nodes with their states.
        sections: Name of each section that the report has to what it read, `None` if that is
            missing.
        notes: Section, or a part of one, to the reason why it is missing.
    """

    run: RunOverview
    graph: tuple[GraphNode, ...]
    sections: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def value(self, section: Section[_T]) -> _T | None:
        """Return what a section read.

        Args:
            section: The section.

        Returns:
            It, or `None` if it is missing.
        """
        found: _T | None = self.sections.get(section.name)
        return found
