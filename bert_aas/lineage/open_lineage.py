"""Write a lineage as run events of OpenLineage, which Marquez, DataHub and others read.

Source:
    OpenLineage, `spec/OpenLineage.json` 2-0-2 and the schemas of its facets.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from bert_aas.contracts.files.locations import is_remote
from bert_aas.lineage.graph import DEPLOYMENT, Lineage, Step, Thing
from bert_aas.version import VERSION

PRODUCER = f"urn:bert-aas:{VERSION}"
"""Says who wrote the events; the project's address may be that of a copy."""

_SPEC = "https://openlineage.io/spec"
_EVENT_SCHEMA = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "parent": "1-2-0/ParentRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "tags": "1-0-0/TagsRunFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
}
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:bert-aas:runs")
_MODEL_TYPES = frozenset({"Model", "PushedModel", "Deployment", "Encoder", "Teacher"})


def run_events(lineage: Lineage) -> list[dict[str, Any]]:
    """Write two events for each step of a lineage: its start, and its end if it has ended.

    Args:
        lineage: The lineage.

    Returns:
        The events, ordered by time. The same lineage gives the same events.
    """
    events = [event for step in lineage.steps for event in _step_events(step, lineage)]
    return sorted(events, key=lambda event: str(event["eventTime"]))


def _step_events(step: Step, lineage: Lineage) -> Iterator[dict[str, Any]]:
    inputs = [_dataset(lineage.things[key]) for key in step.reads if key in lineage.things]
    outputs = [_dataset(lineage.things[key]) for key in step.makes if key in lineage.things]
    common = {"producer": PRODUCER, "schemaURL": _EVENT_SCHEMA, "job": _job(step)}
    for kind, at in (("START", step.started), ("COMPLETE", step.ended)):
        if at is None:
            continue  # it is served now
        yield {
            "eventTime": _time(at),
            "eventType": kind,
            **common,
            "run": _run(step),
            "inputs": inputs,
            "outputs": outputs if kind == "COMPLETE" or step.node == DEPLOYMENT else [],
        }


def _run(step: Step) -> dict[str, Any]:
    facets = {
        "processing_engine": _facet("processing_engine", name="bert-aas", version=VERSION),
    }
    if step.run_id:
        facets["parent"] = _facet(
            "parent",
            run={"runId": _id(f"{step.pipeline}/{step.run_id}")},
            job={"namespace": step.pipeline, "name": step.pipeline},
        )
    if step.details:
        tags = [{"key": name, "value": text} for name, text in step.details.items()]
        facets["tags"] = _facet("tags", tags=tags)
    return {"runId": _id(f"{step.pipeline}/{step.run_id}/{step.key}"), "facets": facets}


def _job(step: Step) -> dict[str, Any]:
    is_service = step.node == DEPLOYMENT
    kind = _facet(
        "jobType",
        processingType="STREAMING" if is_service else "BATCH",
        integration="bert-aas" if is_service else "TFX",
        jobType="SERVICE" if is_service else "TASK",
    )
    return {
        "namespace": step.pipeline,
        "name": f"{step.pipeline}.{step.node}",
        "facets": {"jobType": kind},
    }


def _dataset(thing: Thing) -> dict[str, Any]:
    namespace, name = _place(thing)
    kind = "MODEL" if thing.type in _MODEL_TYPES else "FILE"
    facets = {"datasetType": _facet("datasetType", datasetType=kind, subType=thing.type)}
    if thing.digest:
        facets["version"] = _facet("version", datasetVersion=f"sha256:{thing.digest}")
    return {"namespace": namespace, "name": name, "facets": facets}


def _place(thing: Thing) -> tuple[str, str]:
    """Name a dataset the way the specification names files: storage, then path."""
    if is_remote(thing.uri):
        scheme, _, rest = thing.uri.partition("://")
        bucket, _, path = rest.partition("/")
        return f"{scheme}://{bucket}", path or "/"
    return ("file", thing.uri) if thing.uri.startswith("/") else ("bert-aas", thing.name)


def _facet(name: str, /, **content: Any) -> dict[str, Any]:
    path, _, schema = _FACETS[name].partition("/")
    url = f"{_SPEC}/facets/{path}/{schema}.json#/$defs/{schema}"
    return {"_producer": PRODUCER, "_schemaURL": url, **content}


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMES, name))


def _time(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
