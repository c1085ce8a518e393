"""A model card in SageMaker's JSON: the content of `CreateModelCard`.

Source:
    The JSON schema of SageMaker's model cards (draft-07): keys, kinds of metrics, lengths; the
    longest content that `CreateModelCard` takes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bert_aas.cards.facts import Bias, Evaluation, Figure, Group, ModelFacts, Training
from bert_aas.cards.human import NOT_STATED, CardParams
from bert_aas.contracts.plain_text import printable_json

_SHORT, _MEDIUM, _LONG = 63, 1024, 2048
_NAME = 255
_MOST_METRICS, _MOST_HYPERPARAMETERS, _MOST_CELLS = 50, 100, 20
_MOST_CHARACTERS = 100_000
_LEFT_OUT = "metric groups left out"


def sagemaker_card(facts: ModelFacts, human: CardParams) -> dict[str, Any]:
    """Write a card for SageMaker.

    Args:
        facts: What is known of the model.
        human: What people say of it.

    Returns:
        Values that JSON can hold. Texts are cut to the lengths that the schema allows, and groups
        of rows are left out from the end where the whole is longer than SageMaker takes.
    """
    card = {
        "model_overview": {
            "model_description": _cut(human.stated("description"), _MEDIUM),
            "model_creator": _cut(human.stated("owner"), _MEDIUM),
            "model_owner": _cut(human.stated("owner"), _MEDIUM),
            "model_artifact": [_cut(facts.folder, _MEDIUM)],
            "algorithm_type": "fine-tuned BERT",
            "problem_type": "Text Classification",
        },
        "intended_uses": {
            "purpose_of_model": _cut(human.stated("description"), _LONG),
            "intended_uses": _cut(_uses(human), _LONG),
            "factors_affecting_model_efficiency": _cut(human.stated("limits"), _LONG),
            "risk_rating": human.risk or "Unknown",
        },
        "business_details": {"business_problem": _cut(human.stated("business_problem"), _LONG)},
        "training_details": _training(facts),
        "evaluation_details": _evaluations(facts),
        "additional_information": {
            "ethical_considerations": _cut(human.stated("ethics"), _LONG),
            "caveats_and_recommendations": _cut(human.stated("limits"), _LONG),
            "custom_details": _details(facts, human),
        },
    }
    _shorten(card)
    return card


def _shorten(card: dict[str, Any]) -> None:
    """Halve the longest list of groups until the card fits; then leave out details."""
    lists: list[list[Any]] = [one["metric_groups"] for one in card["evaluation_details"]]
    details: dict[str, str] = card["additional_information"]["custom_details"]
    left_out = 0
    while len(printable_json(card)) > _MOST_CHARACTERS:
        longest: list[Any] = max(lists, key=len, default=[])
        if len(longest) > 1:
            left_out += len(longest) // 2
            del longest[(len(longest) + 1) // 2 :]
            details[_LEFT_OUT] = str(left_out)
        else:
            details.popitem()


def _uses(human: CardParams) -> str:
    return f"{human.stated('intended_use')}\nNot meant for: {human.stated('out_of_scope')}"


def _training(facts: ModelFacts) -> dict[str, Any]:
    found, metric = facts.training, facts.evaluation.metric
    return {
        "objective_function": {
            "function": {"function": "Minimize", "facet": "Loss"},
            "notes": _cut(f"cross-entropy; {metric or 'accuracy'} decides the blessing", _MEDIUM),
        },
        "training_observations": _cut(_observations(found), _MEDIUM),
        "training_job_details": {
            "training_datasets": [_cut(facts.data.source, _MEDIUM)],
            "training_metrics": _training_metrics(found),
            "hyper_parameters": [
                {"name": _cut(name, _NAME), "value": _cut(_text(value), _NAME)}
                for name, value in list(found.hyperparameters.items())[:_MOST_HYPERPARAMETERS]
            ],
        },
    }


def _observations(found: Training) -> str:
    kept = f", of which epoch {found.best_epoch} was kept" if found.best_epoch else ""
    encoder = f"encoder {found.encoder or NOT_STATED}"
    return f"{encoder}; {len(found.epochs)} epochs{kept}"


def _training_metrics(found: Training) -> list[dict[str, Any]]:
    kept = next((one for one in found.epochs if one.get("epoch") == found.best_epoch), {})
    return [
        {"name": _cut(name, _NAME), "value": value, "notes": "of the epoch that was kept"}
        for name, value in list(kept.items())[:_MOST_METRICS]
        if name != "epoch" and math.isfinite(value)
    ]


def _evaluations(facts: ModelFacts) -> list[dict[str, Any]]:
    found = facts.evaluation
    groups = list(_metric_groups(found))
    card = [
        {
            "name": "Test split",
            "evaluation_observation": _cut(found.verdict or NOT_STATED, _LONG),
            "datasets": [_cut(facts.data.source, _MEDIUM)],
            "metadata": {"rows": str(found.rows), "metric": found.metric},
            "metric_groups": groups,
        }
    ]
    return (card if groups else []) + [_bias(one) for one in facts.bias]


def _metric_groups(found: Evaluation) -> Iterable[dict[str, Any]]:
    if found.overall:
        yield {"name": "All rows", "metric_data": _numbers(found.overall)}
    for group in found.classes:
        name = _cut(f"Class {group.name}", _SHORT)
        yield {"name": name, "metric_data": _group_numbers(group)}
    for group in found.slices:
        name = _cut(f"Slice {group.column}={group.name}", _SHORT)
        yield {"name": name, "metric_data": _group_numbers(group)}
    if found.confusion and len(found.confusion) <= _MOST_CELLS:
        names = [_cut(group.name, _SHORT) for group in found.classes]
        matrix = {
            "name": "confusion_matrix",
            "type": "matrix",
            "value": [list(row) for row in found.confusion],
            "x_axis_name": names,
            "y_axis_name": names,
            "notes": "rows by true class, columns by answer",
        }
        yield {"name": "Confusion matrix", "metric_data": [matrix]}


def _group_numbers(group: Group) -> list[dict[str, Any]]:
    rows = {"name": "rows", "type": "number", "value": group.rows}
    return [rows, *_numbers(group.figures)]


def _numbers(figures: Mapping[str, Figure]) -> list[dict[str, Any]]:
    return [
        {
            "name": _cut(name, _NAME),
            "type": "number",
            "value": figure.value,
            **({"notes": _interval(figure)} if figure.low is not None else {}),
        }
        for name, figure in figures.items()
    ]


def _interval(figure: Figure) -> str:
    return f"95 % interval {figure.low:.4f} to {figure.high:.4f}"


def _bias(found: Bias) -> dict[str, Any]:
    groups = [
        {
            "name": _cut(f"{row.facet}={row.value} {row.positive}".strip(), _SHORT),
            "metric_data": _numbers(row.figures),
        }
        for row in found.rows
    ]
    return {
        "name": _cut(f"Bias {found.when}", _SHORT),
        "evaluation_observation": _cut(found.verdict or NOT_STATED, _LONG),
        "metric_groups": groups,
    }


def _details(facts: ModelFacts, human: CardParams) -> dict[str, str]:
    """List what the schema has no place for."""
    found = {
        "run": facts.run_id,
        "version": facts.version,
        "pushed at" if facts.is_pushed else "registered at": facts.made_at,
        "registered as": facts.registered,
        "sha256 of the model": facts.sha256,
        "sha256 of the data": facts.data.sha256,
        "sha256 of the encoder": facts.training.encoder_sha256,
        "licence": human.stated("licence"),
        "languages": human.stated("languages"),
        "contact": human.stated("contact"),
        "python": facts.environment.python,
        **{f"rows of {split}": f"{rows}" for split, rows in facts.data.splits.items()},
        **{f"condition {one.name}": f"{one.outcome}: {one.sentence}" for one in facts.conditions},
    }
    return {name: _cut(value, _MEDIUM) for name, value in found.items() if value}


def _text(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_text, value))
    return str(value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
