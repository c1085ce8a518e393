"""Read events with the classes of OpenLineage's client; run by the Python of `.venv-oracles`.

Standard input: a JSON list of events. Standard output: a JSON list of the same events as the
client would send them, or of what is wrong with them.
"""

import json
import sys
from typing import Any

from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

FACETS = {
    "parent": facet_v2.parent_run.ParentRunFacet,
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "datasetType": facet_v2.dataset_type_dataset.DatasetTypeDatasetFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
}
_OWN = ("_producer", "_schemaURL")


def answers(event: dict[str, Any]) -> dict[str, Any]:
    """Make the client's event of one of ours."""
    try:
        given = {key: event[key] for key in event if key != "schemaURL"}
        given["eventType"] = event_v2.RunState(event["eventType"])
        given["run"] = event_v2.Run(**_with_facets(event["run"]))
        given["job"] = event_v2.Job(**_with_facets(event["job"]))
        given["inputs"] = [event_v2.InputDataset(**_with_facets(one)) for one in event["inputs"]]
        given["outputs"] = [event_v2.OutputDataset(**_with_facets(one)) for one in event["outputs"]]
        sent: dict[str, Any] = Serde.to_dict(event_v2.RunEvent(**given))
    except (TypeError, ValueError, KeyError) as exc:
        return {"error": str(exc)}
    return sent


def _with_facets(thing: dict[str, Any]) -> dict[str, Any]:
    made = {key: _facet(key, one) for key, one in thing.get("facets", {}).items()}
    return {**thing, "facets": made}


def _facet(key: str, content: dict[str, Any]) -> Any:
    given = {name: value for name, value in content.items() if name not in _OWN}
    if key == "parent":
        given = {
            "run": facet_v2.parent_run.Run(**content["run"]),
            "job": facet_v2.parent_run.Job(**content["job"]),
        }
    return FACETS[key](**given, producer=content["_producer"])


if __name__ == "__main__":
    json.dump([answers(one) for one in json.load(sys.stdin)], sys.stdout)
