"""Read past runs from ML Metadata: how they ended, their parameters and their metrics."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import output_layout
from pipeline.config.secret_values import metadata_url_problem
from pipeline.metadata.estimates import Estimate
from pipeline.metadata.metrics import read_curve, read_estimates
from pipeline.metadata.records import (
    FAILED,
    ArtifactRecord,
    NodeRecord,
    RunRecord,
    list_run_ids,
    read_runs,
)
from pipeline.metadata.store import connection_config
from pipeline.runs.conditions import is_undecided, read_blessing, read_conditions
from pipeline.runs.stored_parameters import stored_fingerprints, stored_parameters

SUCCEEDED = "succeeded"
NOT_BLESSED = "not_blessed"
WAITING = "waiting_for_approval"
UNFINISHED = "unfinished"
"""The first three are those of `pipeline.runs.summary`, which loads TensorFlow."""

_SQLITE = "sqlite:///"
_URLS = (_SQLITE, "mysql://", "postgresql://")
_SHOWN_IDS = 8

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class PastRun:
    """One run.

    Attributes:
        id: Id of the run.
        pipeline: Name of the pipeline; empty if no node was started.
        started: When, local time.
        state: `succeeded`, `not_blessed`, `waiting_for_approval`, `failed` or `unfinished`.
        nodes: Node id to record, in the order of their start.
        parameters: Dotted name in the configuration to value, as far as nodes were told.
        fingerprints: Which content and which code it worked with.
        metrics: On the whole test split: name to value and interval.
        curve: Number of each epoch and its accuracy on the eval split.
        notes: What could not be read.
        conditions: How the conditions of its model came out, as in `conditions.json`.
    """

    id: str
    pipeline: str
    started: datetime
    state: str
    nodes: Mapping[str, NodeRecord]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    curve: tuple[tuple[int, float], ...] = ()
    notes: tuple[str, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()

    @property
    def seconds(self) -> float:
        """The times of the nodes, added up."""
        return sum(node.seconds for node in self.nodes.values())

    @property
    def states(self) -> Counter[str]:
        """How many nodes were `executed`, `cached` and `failed`."""
        return Counter(node.state for node in self.nodes.values())

    @property
    def pushed_model(self) -> str | None:
        """Folder of the pushed model."""
        pushed = self.artifact("Pusher", "pushed_model")
        return (pushed.properties.get("pushed_destination") or None) if pushed else None

    def artifact(self, node_id: str, key: str) -> ArtifactRecord | None:
        """Return what a node made; what a failed node left does not count."""
        node = self.nodes.get(node_id)
        return node.output(key) if node and node.state != FAILED else None


def past_runs(
    output_dir: str | None = None,
    metadata_url: str | None = None,
    *,
    run_ids: Sequence[str] = (),
    last: int | None = None,
) -> list[PastRun]:
    """Read runs, whichever way they were started.

    Args:
        output_dir: The output folder of the runs.
        metadata_url: The address of their metadata instead, as `metadata.url`.
        run_ids: Which runs; all if empty.
        last: How many at most, the newest ones.

    Returns:
        The runs, the newest first.

    Raises:
        InvalidInputError: If there is no such metadata or no such run.
    """
    connection = connection_to(output_dir, metadata_url)
    known = list_run_ids(connection)
    _check_known(run_ids, known, metadata_url or str(output_dir))
    chosen = [name for name in known if not run_ids or name in run_ids][:last]
    return [_past_run(record) for record in read_runs(connection, chosen)]


def runs_with(runs: Sequence[PastRun], artifact: ArtifactRecord) -> list[PastRun]:
    """Choose the runs in which an artifact was made or taken from the cache.

    Args:
        runs: The runs to choose from.
        artifact: What they must have in common.

    Returns:
        Those runs, in their order.
    """
    return [
        run
        for run in runs
        if any(
            artifact.id == made.id
            for node in run.nodes.values()
            for listed in node.outputs.values()
            for made in listed
        )
    ]


def connection_to(output_dir: str | None, metadata_url: str | None) -> mlmd.ConnectionConfig:
    """Connect to metadata that is there: ML Metadata would make an empty file of any name.

    Args:
        output_dir: The output folder of the runs.
        metadata_url: The address of their metadata instead.

    Returns:
        How to connect.

    Raises:
        InvalidInputError: If not exactly one is given, or there is no metadata.
    """
    if (output_dir is None) == (metadata_url is None):
        raise InvalidInputError("give either an output folder or the address of its metadata")
    if metadata_url is not None and not metadata_url.startswith(_URLS):
        raise InvalidInputError(
            f"the address of the metadata must begin with one of {', '.join(_URLS)}"
        )
    problem = metadata_url_problem(metadata_url) if metadata_url else None
    if problem:
        raise InvalidInputError(f"the address of the metadata: {problem}")
    connection = connection_config(metadata_url, output_layout(output_dir or "."))
    if connection.HasField("sqlite") and not Path(connection.sqlite.filename_uri).is_file():
        raise InvalidInputError(
            f"there is no metadata in {output_dir or metadata_url}: the file "
            f"{connection.sqlite.filename_uri} does not exist; a run writes it, unless "
            "`metadata.url` names another place"
        )
    return connection


def _check_known(run_ids: Sequence[str], known: Sequence[str], place: str) -> None:
    unknown = [name for name in run_ids if name not in known]
    if unknown:
        more = f" and {len(known) - _SHOWN_IDS} older ones" if len(known) > _SHOWN_IDS else ""
        listed = f"{', '.join(known[:_SHOWN_IDS])}{more}" if known else "none"
        raise InvalidInputError(f"{place} has no run {', '.join(unknown)}; its runs are {listed}")


def _past_run(record: RunRecord) -> PastRun:
    notes: list[str] = []
    nodes = record.nodes
    return PastRun(
        id=record.run_id,
        pipeline=record.pipeline,
        started=record.started,
        state=_state(nodes),
        nodes=nodes,
        parameters=stored_parameters(nodes),
        fingerprints=stored_fingerprints(nodes),
        metrics=_read(nodes, "Evaluator", "evaluation", read_estimates, notes) or {},
        curve=_read(nodes, "Trainer", "model_run", read_curve, notes) or (),
        notes=tuple(notes),
        conditions=tuple(read_conditions(record.nodes)),
    )


def _state(nodes: Mapping[str, NodeRecord]) -> str:
    """Tell how a run ended; a node that was killed never ended, and its run can go on."""
    if any(node.state == FAILED and node.ended for node in nodes.values()):
        return FAILED
    pusher = nodes.get("Pusher")
    if pusher and pusher.ended:
        pushed = pusher.output("pushed_model")
        found = pushed.properties if pushed else {}
        held_back = WAITING if found.get(WAITING) else NOT_BLESSED
        return SUCCEEDED if found.get("pushed_destination") else held_back
    blessing = read_blessing(nodes)
    if blessing.get("blessed") == 0 and not is_undecided(blessing):
        return NOT_BLESSED
    return UNFINISHED


def _read(
    nodes: Mapping[str, NodeRecord],
    node_id: str,
    key: str,
    reader: Callable[[str], _T],
    notes: list[str],
) -> _T | None:
    """Read an output, or note why it cannot be read."""
    node = nodes.get(node_id)
    artifact = node.output(key) if node and node.state != FAILED else None
    if artifact is None:
        return None
    try:
        return reader(artifact.uri)
    except OSError:
        notes.append(
            f"the output of {node_id} (artifact #{artifact.id}) is no longer at {artifact.uri}"
        )
    except Exception as exc:  # a damaged artifact must not cost the rest of the list
        _logger.exception("the output %s of %s cannot be read", key, node_id)
        notes.append(
            f"the output of {node_id} (artifact #{artifact.id}) cannot be read: "
            f"{type(exc).__name__}"
        )
    return None
