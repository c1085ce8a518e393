"""Read the configuration of a run back from what its nodes were told.

The counterpart of `pipeline.graph.node_parameters`: exec properties become dotted names again.
What no node was told (`beam`, `metadata`, an orchestrator's section) is in no run's metadata.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.graph.node_code import NODE_CODE
from pipeline.metadata.records import NodeRecord

DATA_CONTENT = "content of the data"
ENCODER_CONTENT = "content of the encoder"
TEACHER_CONTENT = "content of the teacher"

_CODE_DIGITS = 16
_MODEL_SECTIONS = ("encoder", "transform", "train")


def stored_parameters(nodes: Mapping[str, NodeRecord]) -> dict[str, Any]:
    """Read the parameters of a run.

    Args:
        nodes: Node id to record.

    Returns:
        Dotted name in the configuration to value, in the order of the nodes; values of nodes that
        were not started are missing.
    """
    found: dict[str, Any] = {}
    for name, read in _READERS.items():
        if name in nodes:
            for section, values in read(nodes[name].parameters):
                found |= dict(_dotted(section, values))
    return found


def stored_fingerprints(nodes: Mapping[str, NodeRecord]) -> dict[str, str]:
    """Read which content and which code a run worked with.

    Args:
        nodes: Node id to record.

    Returns:
        Name to fingerprint; what the metadata does not hold is missing.
    """
    data = _told(nodes, "ExampleGen")
    examples = nodes["ExampleGen"].output("examples") if "ExampleGen" in nodes else None
    made = examples.properties if examples else {}
    transform, trainer = _custom(nodes, "Transform"), _params(_custom(nodes, "Trainer"))
    earlier_transform = str(transform.get("fingerprint") or "").rpartition("-")
    encoder = trainer.get("encoder_fingerprint") or transform.get("encoder_fingerprint")
    found = {
        DATA_CONTENT: data.get("content_fingerprint") or made.get("content_fingerprint"),
        ENCODER_CONTENT: encoder or earlier_transform[2],
        TEACHER_CONTENT: trainer.get("teacher_fingerprint"),
    }
    # Before every node was told the fingerprint of its code, some were told it among other things.
    earlier = {
        "Transform": earlier_transform[0],
        "Tuner": _params(_custom(nodes, "Tuner")).get("code_fingerprint"),
        "Trainer": trainer.get("code_fingerprint"),
    }
    for name in NODE_CODE:
        code = _told(nodes, name).get(CODE_FINGERPRINT_KEY)
        found[f"code of {name}"] = code or earlier.get(name)
    return {name: str(value)[:_CODE_DIGITS] for name, value in found.items() if value}


_Sections = Iterator[tuple[str, Mapping[str, Any]]]


def _example_gen(told: Mapping[str, Any]) -> _Sections:
    yield "data", _parsed(told.get("data_params"))


def _schema_gen(told: Mapping[str, Any]) -> _Sections:
    yield "validate", {"schema_path": told.get("schema_file")}


def _example_validator(told: Mapping[str, Any]) -> _Sections:
    yield "validate", {"stop_on": _parsed(told.get("stop_on"), list)}


def _transform(told: Mapping[str, Any]) -> _Sections:
    yield "transform", _section(_params(_parsed(told.get("custom_config"))), "transform")


def _tuner(told: Mapping[str, Any]) -> _Sections:
    yield "tune", _section(_params(_parsed(told.get("custom_config"))), "tune")


def _trainer(told: Mapping[str, Any]) -> _Sections:
    params = _params(_parsed(told.get("custom_config")))
    yield from ((name, _section(params, name)) for name in _MODEL_SECTIONS)


def _optimizer(told: Mapping[str, Any]) -> _Sections:
    yield "optimize", _parsed(told.get("optimize_params"))


def _evaluator(told: Mapping[str, Any]) -> _Sections:
    config = _parsed(told.get("eval_config"))
    metric = next(_deciding(config), None)
    if metric is None:
        return
    name = _parsed(f"{{{metric.get('config', '')}}}").get("name")
    threshold = metric["per_slice_thresholds"][0].get("threshold", {})
    change = threshold.get("change_threshold", {}).get("absolute", 0.0)
    slices = [key for one in config.get("slicing_specs", []) for key in one.get("feature_keys", [])]
    yield (
        "evaluate",
        {
            "metric": name,
            "threshold": threshold.get("value_threshold", {}).get("lower_bound"),
            "max_drop": abs(change),
            "slices": slices,
            "confidence_intervals": config.get("options", {}).get("compute_confidence_intervals"),
        },
    )


def _deciding(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Find the metrics that TFMA's configuration has thresholds for."""
    for spec in config.get("metrics_specs", []):
        yield from (one for one in spec.get("metrics", []) if one.get("per_slice_thresholds"))


def _infra_validator(told: Mapping[str, Any]) -> _Sections:
    request, validation = _parsed(told.get("request_spec")), _parsed(told.get("validation_spec"))
    yield (
        "infra_validate",
        {
            "num_requests": request.get("num_examples"),
            "num_tries": validation.get("num_tries"),
            "max_loading_time_s": validation.get("max_loading_time_seconds"),
        },
    )


def _pusher(told: Mapping[str, Any]) -> _Sections:
    destination = _parsed(told.get("push_destination"))
    yield "push", {"directory": _section(destination, "filesystem").get("base_directory")}


_READERS: dict[str, Callable[[Mapping[str, Any]], _Sections]] = {
    "ExampleGen": _example_gen,
    "SchemaGen": _schema_gen,
    "ExampleValidator": _example_validator,
    "Transform": _transform,
    "Tuner": _tuner,
    "Trainer": _trainer,
    "Optimizer": _optimizer,
    "Evaluator": _evaluator,
    "InfraValidator": _infra_validator,
    "Pusher": _pusher,
}


def _told(nodes: Mapping[str, NodeRecord], node_id: str) -> Mapping[str, Any]:
    return nodes[node_id].parameters if node_id in nodes else {}


def _custom(nodes: Mapping[str, NodeRecord], node_id: str) -> Mapping[str, Any]:
    found: dict[str, Any] = _parsed(_told(nodes, node_id).get("custom_config"))
    return found


def _params(custom: Mapping[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = _parsed(custom.get("params"))
    return found


def _section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _parsed(text: Any, kind: type = dict) -> Any:
    """Read JSON; what another version of the code wrote must not hide the rest of a run."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return kind()
    return found if isinstance(found, kind) else kind()


def _dotted(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _dotted(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value
