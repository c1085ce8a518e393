"""Evaluator: measures the candidate on the test split; a threshold gives the blessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bert_aas.conditions.subjects import BEFORE
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import parsed

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from components.evaluator.rules import Rules
    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.evaluator.component import ReasoningEvaluator
    from pipeline.graph.told.evaluation import eval_config

    config = assembly.config
    return ReasoningEvaluator(
        examples=assembly.channels["examples"],
        model=assembly.channels["candidate"],
        baseline_model=assembly.channels["baseline"],
        eval_config=eval_config(config.evaluate),
        rules=_rules(config),
        bias_analysis=assembly.channels["bias_analysis"] if _needs_bias(config) else None,
    )


def _rules(config: PipelineConfig) -> Rules:
    from components.evaluator.rules import Rules

    return Rules(
        conditions=config.evaluate.conditions,
        tests=config.tests,
        limits_later=config.bias.limits_predictions,
    )


def _needs_bias(config: PipelineConfig) -> bool:
    return _rules(config).asks_for(f"{BEFORE}.")


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"evaluate.conditions": "with bias" if _needs_bias(config) else "without bias"}


def _parameters(told: Told) -> dict[str, str]:
    from tfx.utils import proto_utils

    from pipeline.graph.told.evaluation import eval_config

    return {
        "eval_config": proto_utils.proto_to_json(eval_config(told.config.evaluate)),
        "conditions": _rules(told.config).as_parameter(),
    }


def _stored(told: Parameters) -> Sections:
    config = parsed(told.get("eval_config"))
    metric = next(_deciding(config), None)
    if metric is None:
        return
    name = parsed(f"{{{metric.get('config', '')}}}").get("name")
    threshold = metric["per_slice_thresholds"][0].get("threshold", {})
    change = threshold.get("change_threshold", {}).get("absolute", 0.0)
    slices = [key for one in config.get("slicing_specs", []) for key in one.get("feature_keys", [])]
    rules = parsed(told.get("conditions"))
    conditions = rules.get("conditions") or ()
    yield (
        "evaluate",
        {
            "metric": name,
            "threshold": threshold.get("value_threshold", {}).get("lower_bound"),
            "max_drop": abs(change),
            "slices": slices,
            "confidence_intervals": config.get("options", {}).get("compute_confidence_intervals"),
            **({"conditions": [_written(one) for one in conditions]} if rules else {}),
        },
    )
    for test in rules.get("tests") or ():
        yield "tests", {str(test.get("name")): test.get("kind")}


def _written(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a condition leaves open."""
    return {key: value for key, value in condition.items() if value not in (None, 0, [])}


def _deciding(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Find the metrics that TFMA's configuration has thresholds for."""
    for spec in config.get("metrics_specs", []):
        yield from (one for one in spec.get("metrics", []) if one.get("per_slice_thresholds"))


NODE = CatalogueNode(
    id="Evaluator",
    build=_build,
    code=NodeCode(
        ("components.evaluator.executor", "components.evaluator.metrics"),
        ("tensorflow", "tensorflow-text", "tensorflow-model-analysis"),
    ),
    offers={"evaluation": "evaluation", "blessing": "blessing"},
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
    kubeflow_outputs={"metrics": "Metrics", "confusion_matrix": "ClassificationMetrics"},
)
