"""The conditions of a run: what was measured, and which of them its model did not meet."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bert_aas.behaviour.judging import BEHAVIOUR_FILE
from bert_aas.conditions.document import CONDITIONS_FILE, EVALUATION_FILE
from bert_aas.conditions.evaluating import FAILED as NOT_MET
from bert_aas.conditions.evaluating import NOT_MEASURED
from bert_aas.conditions.telling import COMPARED
from components.tfrecords import read_file
from pipeline.metadata.records import FAILED, ArtifactRecord, NodeRecord

Condition = Mapping[str, Any]
"""An entry of `conditions.json`."""

_FIRST, _LATER = "Evaluator", "ModelBiasDetector"
"""The later node decides what the first one leaves open; it blesses only if there is something."""

_BLESSING = "blessing"


def read_blessing(records: Mapping[str, NodeRecord]) -> Mapping[str, Any]:
    """Read the verdict on the model of a run.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        The properties of the last blessing, `blessed` and `reason` among them; empty if the run did
        not come so far.
    """
    for node_id in (_LATER, _FIRST):
        found = _output(records, node_id, _BLESSING)
        if found is not None:
            return found.properties
    return {}


def is_undecided(blessing: Mapping[str, Any]) -> bool:
    """Tell whether a later node has the last word on a model.

    Args:
        blessing: Properties of a blessing.

    Returns:
        Whether it has, and has not spoken.
    """
    return COMPARED in blessing


def read_conditions(records: Mapping[str, NodeRecord]) -> list[dict[str, Any]]:
    """Read how the conditions of a run came out.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        The conditions, as in the `conditions.json` of the node that decided last; empty if none
        did.
    """
    found: list[dict[str, Any]] = _read(_decided_uri(records), CONDITIONS_FILE).get(
        "conditions", []
    )
    return found


def decided_document(records: Mapping[str, NodeRecord]) -> dict[str, Any]:
    """Read the `evaluation.json` of the node that decided last.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        Its content; empty if the run did not come so far.
    """
    return _read(_decided_uri(records), EVALUATION_FILE)


def read_tests(records: Mapping[str, NodeRecord]) -> list[dict[str, Any]]:
    """Read how the behavioural tests of a run came out.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        The tests with their counts, without examples; empty if there are none.
    """
    tests = _read(_uri(records, _FIRST, "evaluation"), BEHAVIOUR_FILE).get("tests", [])
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


def evaluation_file(records: Mapping[str, NodeRecord]) -> str | None:
    """Say where `evaluation.json` of a run is; `conditions.json` stands beside it.

    Args:
        records: Node id to what the metadata know about it.

    Returns:
        A path or a URI; `None` if the run did not come so far.
    """
    folder = _decided_uri(records)
    return None if folder is None else f"{folder}/{EVALUATION_FILE}"


def _decided_uri(records: Mapping[str, NodeRecord]) -> str | None:
    """Find the folder of the node that decided last."""
    if _output(records, _LATER, _BLESSING) is not None:
        return _uri(records, _LATER, "analysis")
    return _uri(records, _FIRST, "evaluation")


def _uri(records: Mapping[str, NodeRecord], node_id: str, key: str) -> str | None:
    artifact = _output(records, node_id, key)
    return artifact.uri if artifact else None


def _output(records: Mapping[str, NodeRecord], node_id: str, key: str) -> ArtifactRecord | None:
    record = records.get(node_id)
    return record.output(key) if record and record.state != FAILED else None


def _read(folder: str | None, name: str) -> dict[str, Any]:
    """Read a file of a node; one that an earlier release did not write is empty."""
    if folder is None:
        return {}
    try:
        found = json.loads(read_file(f"{folder}/{name}"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
