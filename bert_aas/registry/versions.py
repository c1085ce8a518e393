"""A version of a model: what is given of it, and what the registry says of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bert_aas.registry.decisions import Decision, read_decisions
from bert_aas.registry.deployments import Deployment, Intent, read_deployments, read_intents
from bert_aas.registry.statuses import PENDING, Status

KEY = "registration_key"
CONTENT = "content_sha256"
STATUS = "approval_status"
METRICS = "metrics"
CONDITIONS = "conditions"
PARAMETERS = "parameters"
EVIDENCE = "evidence"
ATTACHED = "evidence."
"""Begins the entry of each file that was added later; its hash is the text."""
RUN = "pipeline_run"
STARTED_BY = "started_by"
FOUR_EYES = "four_eyes"
SERVING_DIRECTORY = "serving_directory"
_YES = "true"


@dataclass(frozen=True)
class Training:
    """The figures of a training, for MLflow's pages of runs.

    Attributes:
        curves: Name of a figure to its value after each epoch.
    """

    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A model that is to be registered.

    Attributes:
        model: Name of the registered model: that of the pipeline.
        folder: The model on this machine.
        source: Where the registry says it is: a path or a URI.
        run: Id of the pipeline's run.
        by: Who started the run.
        reason: Why it is registered with its status.
        status: The status that it gets.
        four_eyes: Whether somebody else than `by` must approve it.
        metrics: Name to value.
        conditions: What was asked of it, with what was measured.
        parameters: Dotted name in the configuration to value.
        facts: Name to text: fingerprints, commit, machine.
        files: Path within the evidence to a file on this machine: reports, the sample payload.
        training: The curves.
    """

    model: str
    folder: Path
    source: str
    run: str
    by: str
    reason: str
    status: Status = PENDING
    four_eyes: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    conditions: Sequence[Mapping[str, Any]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    training: Training = field(default_factory=Training)

    def entries(self, content: str, evidence: Mapping[str, str]) -> dict[str, str]:
        """Write all that a version of it is created with, so that it appears complete.

        Args:
            content: The hash of its folder.
            evidence: Name of each file to its SHA-256.

        Returns:
            Name to text; the decision on its status is among them.
        """
        first = Decision(
            place=0,
            by=self.by,
            before=None,
            after=self.status,
            reason=self.reason,
            evidence={**evidence, "model": content},
        )
        return {
            **self.facts,
            KEY: self.key(content),
            CONTENT: content,
            STATUS: self.status,
            RUN: self.run,
            STARTED_BY: self.by,
            FOUR_EYES: _YES if self.four_eyes else "false",
            METRICS: _json(dict(self.metrics)),
            CONDITIONS: _json([dict(one) for one in self.conditions]),
            PARAMETERS: _json(dict(self.parameters)),
            EVIDENCE: _json(dict(evidence)),
            first.key: first.entry(),
        }

    def key(self, content: str) -> str:
        """Say which registration this is: the same model, judged the same, is registered once.

        A run that was killed before it could write that it registered is followed by one of
        another id, which takes model and evaluation from the cache. So the id is no part of it.

        Args:
            content: The hash of its folder.

        Returns:
            A SHA-256 in hexadecimal digits.
        """
        judged = [content, dict(self.metrics), [dict(one) for one in self.conditions], self.status]
        return hashlib.sha256(_json(judged).encode()).hexdigest()


@dataclass(frozen=True)
class Version:
    """A registered version.

    Attributes:
        model: Name of the registered model.
        number: Its number.
        source: Where the model is: a path or a URI.
        created: When, UTC, ISO 8601.
        tracking_run: Id of MLflow's run with its figures and files; may be empty.
        entries: All that the registry holds of it: name to text.
    """

    model: str
    number: int
    source: str
    created: str
    tracking_run: str
    entries: Mapping[str, str]

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions, in their order."""
        return read_decisions(self.entries)

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """Where it was put, in the order of time."""
        return read_deployments(self.entries)

    @property
    def intents(self) -> tuple[Intent, ...]:
        """What processes began to deploy and did not end, or not yet."""
        return read_intents(self.entries)

    @property
    def status(self) -> Status:
        """What was decided last; one without decisions, which others registered, is pending."""
        decisions = self.decisions
        return decisions[-1].after if decisions else PENDING

    @property
    def content(self) -> str:
        """The hash of its folder."""
        return self.entries.get(CONTENT, "")

    @property
    def metrics(self) -> dict[str, float]:
        """Name to value."""
        found: dict[str, float] = json.loads(self.entries.get(METRICS, "{}"))
        return found

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """What was asked of it, with what was measured."""
        found: list[dict[str, Any]] = json.loads(self.entries.get(CONDITIONS, "[]"))
        return found

    @property
    def parameters(self) -> dict[str, Any]:
        """Dotted name in the configuration to value."""
        found: dict[str, Any] = json.loads(self.entries.get(PARAMETERS, "{}"))
        return found

    @property
    def evidence(self) -> dict[str, str]:
        """Name of each file to its SHA-256: those it was registered with, and those added later."""
        found: dict[str, str] = json.loads(self.entries.get(EVIDENCE, "{}"))
        later = {
            name.removeprefix(ATTACHED): text
            for name, text in sorted(self.entries.items())
            if name.startswith(ATTACHED)
        }
        return {**found, **later}

    @property
    def run(self) -> str:
        """The pipeline's run that made it; empty if that is not known."""
        return self.entries.get(RUN, "")

    @property
    def path(self) -> Path | None:
        """Where the model is on a disk; `None` if it must be fetched from a storage or a server."""
        path = self.source.removeprefix("file://")
        return Path(path) if path.startswith("/") else None

    @property
    def started_by(self) -> str:
        """Who started the run that made it."""
        return self.entries.get(STARTED_BY, "")

    @property
    def needs_four_eyes(self) -> bool:
        """Whether somebody else than `started_by` must approve it."""
        return self.entries.get(FOUR_EYES) == _YES

    @property
    def facts(self) -> dict[str, str]:
        """The single facts: fingerprints, commit, machine."""
        own = {KEY, STATUS, METRICS, CONDITIONS, PARAMETERS, EVIDENCE, FOUR_EYES}
        return {
            name: text
            for name, text in sorted(self.entries.items())
            if name not in own and not name.startswith(("decision.", "deploy", ATTACHED))
        }


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
