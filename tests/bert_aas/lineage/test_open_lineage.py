"""Events that readers of OpenLineage take.

The schema here is ours: it asks for what the specification's asks for. The events were also
validated against the published schemas; `test_open_lineage_oracle.py` lets OpenLineage's client
make the same.
"""

import re
import uuid
from typing import Any

import jsonschema

from bert_aas.lineage.open_lineage import run_events
from tests.bert_aas.lineage.lineages import served, small

URI = {"type": "string", "format": "uri", "pattern": r"^[a-z][a-z0-9+.-]*:\S+$"}
FACETS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["_producer", "_schemaURL"],
        "properties": {"_producer": URI, "_schemaURL": URI},
    },
}
NAMED = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "facets": FACETS,
    },
}
UUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
RUN_EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventTime": MOMENT,
        "producer": URI,
        "schemaURL": {
            "const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
        },
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "run": {"type": "object", "required": ["runId"], "properties": {"runId": UUID}},
        "job": NAMED,
        "inputs": {"type": "array", "items": NAMED},
        "outputs": {"type": "array", "items": NAMED},
    },
}


def events() -> list[dict[str, Any]]:
    return run_events(small())


def test_every_event_has_what_the_specification_asks_for() -> None:
    for event in events():
        jsonschema.validate(event, RUN_EVENT)
        jsonschema.validate(event["run"]["facets"], FACETS)
        parent = event["run"]["facets"]["parent"]
        jsonschema.validate(parent["run"], RUN_EVENT["properties"]["run"])  # type: ignore[index]
        jsonschema.validate(parent["job"], NAMED)


def test_each_step_starts_and_ends() -> None:
    found = [(event["job"]["name"], event["eventType"]) for event in events()]
    assert sorted(found) == [
        ("demo.Pusher", "COMPLETE"),
        ("demo.Pusher", "START"),
        ("demo.Trainer", "COMPLETE"),
        ("demo.Trainer", "START"),
    ]
    times = [event["eventTime"] for event in events()]
    assert times == sorted(times)
    assert times[0] == "2026-01-02T12:00:00.000Z"


def test_datasets_are_named_by_storage_and_path() -> None:
    (trained,) = (
        e
        for e in events()
        if e["eventTime"].endswith("01.500Z")
        and e["outputs"]
        and e["job"]["name"] == "demo.Trainer"
    )
    (data,) = trained["inputs"]
    assert (data["namespace"], data["name"]) == ("file", "/rows.csv")
    assert data["facets"]["version"]["datasetVersion"] == f"sha256:{'ab' * 32}"
    assert data["facets"]["datasetType"]["datasetType"] == "FILE"
    (model,) = trained["outputs"]
    assert (model["namespace"], model["name"]) == ("gs://bucket", "models/3")
    assert model["facets"]["datasetType"]["datasetType"] == "MODEL"


def test_the_same_lineage_gives_the_same_events() -> None:
    assert events() == events()
    runs = {event["run"]["runId"] for event in events()}
    assert len(runs) == 2
    assert {uuid.UUID(run).version for run in runs} == {5}
    assert all(re.fullmatch(r"urn:bert-aas:[\w.]+", event["producer"]) for event in events())


def test_a_deployment_starts_when_it_is_served_and_ends_when_the_next_one_is() -> None:
    found = [event for event in run_events(served()) if event["job"]["name"] == "demo.deployment"]
    assert [event["eventType"] for event in found] == ["START", "COMPLETE"]
    start = found[0]
    jsonschema.validate(start, RUN_EVENT)
    jsonschema.validate(start["run"]["facets"], FACETS)
    assert [each["name"] for each in start["outputs"]] == ["/served/7"]
    assert start["job"]["facets"]["jobType"]["processingType"] == "STREAMING"
    assert {"key": "by", "value": "cara"} in start["run"]["facets"]["tags"]["tags"]
    assert "parent" not in start["run"]["facets"]
    now = [event["eventType"] for event in run_events(served(until=None))]
    assert now.count("COMPLETE") == 1
    assert now.count("START") == 2
