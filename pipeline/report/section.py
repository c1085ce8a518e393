"""What a section of the report is: a title and a place, a reader and a template."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pipeline.metadata.records import ArtifactRecord
from pipeline.report.reading.sources import Sources

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Section(ABC, Generic[_T]):
    """One section of the report.

    Its template is `templates/sections/<name>.html.j2`. It is given what was read under the name of
    the section, the whole report as `report`, and the helpers. Frame, heading and note are drawn
    around it.

    Attributes:
        name: Its name in Python, in the template and for `show(name)` in notebooks.
        title: Its name in the navigation.
        node: Id of the node whose output it shows; `None` for a section about the run as a whole.
        heading: Its heading; the title if empty.
        anchor: Its id in the HTML; the name if empty.
        setting: For a node that not every graph has: the setting that adds it. Where the graph has
            no such node, the section is left out.
        helpers: Charts and other functions that its template calls.
    """

    name: str
    title: str
    node: str | None = None
    heading: str = ""
    anchor: str = ""
    setting: str | None = None
    helpers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """Return the file in `templates` that shows what was read."""
        return f"sections/{self.name}.html.j2"

    @property
    def link(self) -> str:
        """Return its id in the HTML."""
        return self.anchor or self.name

    def is_shown(self, nodes: Mapping[str, str]) -> bool:
        """Tell whether a graph has this section.

        Args:
            nodes: Id of each node of the graph to its state.

        Returns:
            Whether it has; a section is left out only if its node can be switched off.
        """
        return self.setting is None or self.node in nodes

    def collect(self, sources: Sources) -> _T | None:
        """Read the section, once per report.

        Args:
            sources: What it is read from.

        Returns:
            What its template shows; `None` if that is missing or cannot be read, which is a note.
        """
        return sources.once(self.name, lambda: self._collect(sources))

    @abstractmethod
    def _collect(self, sources: Sources) -> _T | None:
        """Read the section."""


@dataclass(frozen=True, kw_only=True)
class OutputSection(Section[_T]):
    """A section that shows one output of its node.

    Attributes:
        output: Key of the output.
        read: Reads it; an error becomes a note.
    """

    node: str = field()
    output: str
    read: Callable[[ArtifactRecord, Sources], _T]

    def _collect(self, sources: Sources) -> _T | None:
        return sources.read(
            self.name, self.node, self.output, lambda artifact: self.read(artifact, sources)
        )


@dataclass(frozen=True, kw_only=True)
class RunSection(Section[_T]):
    """A section that puts together what several nodes, or none, left.

    Attributes:
        read: Reads it; an error becomes a note.
    """

    read: Callable[[Sources], _T | None]

    def _collect(self, sources: Sources) -> _T | None:
        try:
            return self.read(sources)
        except Exception as exc:  # one section must not cost the rest of the report
            _logger.exception("the section %s cannot be made", self.name)
            sources.notes[self.name] = (
                f"This section cannot be made: {type(exc).__name__}; the log of the run has the "
                "details."
            )
            return None
