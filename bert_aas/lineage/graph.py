"""The lineage of a model: things, the steps that made them, and how they belong together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Association: TypeAlias = Literal[
    "ContributedTo", "AssociatedWith", "DerivedFrom", "Produced", "SameAs"
]
"""How a thing belongs to the model.

Source:
    `AssociationType` of SageMaker's lineage tracking.
"""

INPUT = "Input"
OUTPUT = "Output"


@dataclass(frozen=True)
class Thing:
    """Something that was read or made.

    Attributes:
        key: Tells it from all others.
        name: What people call it, such as `Trainer/model #11`.
        type: `DataFile`, `Encoder`, `Deployment`, or a type of the metadata such as `Examples`.
        uri: Where it is or was; empty if that is not known.
        digest: Hash of its content; empty if that is not known.
        note: What should be known about it, such as that it is no longer there.
        details: What else is known of it, for programs: since when and by whom it is served.
    """

    key: str
    name: str
    type: str
    uri: str = ""
    digest: str = ""
    note: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


DEPLOYMENT = "deployment"
"""The node of a step that is the time in which a model is served."""


@dataclass(frozen=True)
class Step:
    """One execution of a node, or the time in which a model was served.

    Attributes:
        key: Tells it from all others.
        node: Id of the node, or `deployment`.
        run_id: The run that executed it; empty for a deployment.
        pipeline: Name of the pipeline.
        started: When it began.
        ended: When it was changed last; `None` for what is served now.
        code: Fingerprint of its code; empty if that is not known.
        reads: Keys of what it read.
        makes: Keys of what it made.
        details: Of a deployment: by whom and why.
    """

    key: str
    node: str
    run_id: str
    pipeline: str
    started: datetime
    ended: datetime | None
    code: str = ""
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """A thing above or below the model.

    Attributes:
        key: Which thing.
        direction: `Input` for what the model comes from, `Output` for what came of it.
        association: How it belongs to the model.
    """

    key: str
    direction: str
    association: Association


@dataclass(frozen=True)
class Lineage:
    """The lineage of one model.

    Attributes:
        subject: Key of the model.
        things: Key to thing, the model among them.
        steps: The executions that made the things, in the order of their start.
        links: What lies above and below the model: the raw data first, the deployments last.
    """

    subject: str
    things: Mapping[str, Thing]
    steps: tuple[Step, ...] = ()
    links: tuple[Link, ...] = field(default=())

    @property
    def model(self) -> Thing:
        """The model whose lineage it is."""
        return self.things[self.subject]

    def rows(self) -> Iterator[tuple[Thing, Link]]:
        """Go through the things above and below the model.

        Yields:
            Each thing with its place in the lineage.
        """
        for link in self.links:
            yield self.things[link.key], link

    def facing(self, *, up: bool, down: bool) -> "Lineage":
        """Leave one direction out.

        Args:
            up: Keep what the model comes from.
            down: Keep what came of it.

        Returns:
            The lineage in the directions that are asked for.
        """
        wanted = {INPUT: up, OUTPUT: down}
        links = tuple(link for link in self.links if wanted[link.direction])
        kept = {self.subject, *(link.key for link in links)}
        steps = tuple(step for step in self.steps if _is_between(step, self, up=up, down=down))
        things = {key: thing for key, thing in self.things.items() if key in kept}
        return Lineage(self.subject, things, steps, links)


def _is_between(step: Step, lineage: Lineage, *, up: bool, down: bool) -> bool:
    made_above = {lineage.subject} | {link.key for link in lineage.links if link.direction == INPUT}
    return up if made_above.intersection(step.makes) else down
