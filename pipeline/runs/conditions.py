"""The conditions of a run: what was measured, and which of them its model did not meet."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bert_aas.behaviour.judging import BEHAVIOUR_FILE
from bert_aas.bias.files import ANALYSIS_FILE, OWN_KEY
from bert_aas.conditions.document import CONDITIONS_FILE, EVALUATION_FILE
from bert_aas.conditions.evaluating import FAILED as NOT_MET
from bert_aas.conditions.evaluating import NOT_MEASURED
from components.tfrecords import read_file
from pipeline.metadata.records import FAILED, NodeRecord

Condition = Mapping[str, Any]
"""An entry of `conditions.json`."""

_LATER = ("ModelBiasDetector", "analysis")
"""The node that decides what the Evaluator leaves open, and the key of its output."""


def evaluation_uri(records: Mapping[str, NodeRecord]) -> str | None:
    """Find the folder of `evaluation.json`.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        A path or a URI; `None` if the run did not come so far.
    """
    return _output(records, "Evaluator", "evaluation")


def read_conditions(records: Mapping[str, NodeRecord]) -> list[dict[str, Any]]:
    """Read how the conditions of a run came out.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        The conditions as the node decided that came last to each; empty if none did.
    """
    found = _read(evaluation_uri(records), CONDITIONS_FILE).get("conditions", [])
    later = _read(_output(records, *_LATER), ANALYSIS_FILE).get(OWN_KEY, {}).get("conditions", [])
    settled = {one["name"]: one for one in later}
    return [settled.get(one["name"], one) for one in found]


def decided_document(records: Mapping[str, NodeRecord]) -> dict[str, Any]:
    """Read `evaluation.json`, with the verdict of the node that decided last.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        Its content; empty if the run did not come so far.
    """
    document = _read(evaluation_uri(records), EVALUATION_FILE)
    refused = [one["name"] for one in not_met(read_conditions(records))]
    if not document:
        return {}
    return {
        **document,
        "verdict": {**document["verdict"], "passed": not refused, "failed": refused},
    }


def read_tests(records: Mapping[str, NodeRecord]) -> list[dict[str, Any]]:
    """Read how the behavioural tests of a run came out.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        The tests with their counts, without examples; empty if there are none.
    """
    tests = _read(evaluation_uri(records), BEHAVIOUR_FILE).get("tests", [])
    return [{key: one[key] for key in one if key != "failures"} for one in tests]


def not_met(conditions: Iterable[Condition]) -> list[Condition]:
    """Choose the conditions that stand against a model.

    Args:
        conditions: All conditions.

    Returns:
        Those that count by themselves and failed, or whose figure could not be measured.
    """
    bad = {NOT_MET, NOT_MEASURED}
    return [one for one in conditions if one.get("decides") and one.get("outcome") in bad]


def _output(records: Mapping[str, NodeRecord], node_id: str, key: str) -> str | None:
    record = records.get(node_id)
    artifact = record.output(key) if record and record.state != FAILED else None
    return artifact.uri if artifact else None


def _read(folder: str | None, name: str) -> dict[str, Any]:
    """Read a file of a node; one that an earlier release did not write is empty."""
    if folder is None:
        return {}
    try:
        found = json.loads(read_file(f"{folder}/{name}"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def evaluation_file(records: Mapping[str, NodeRecord]) -> str | None:
    """Say where `evaluation.json` of a run is.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        A path or a URI; `None` if the run did not come so far.
    """
    folder = evaluation_uri(records)
    return None if folder is None else f"{folder}/{EVALUATION_FILE}"
