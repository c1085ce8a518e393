"""A model card as Hugging Face's `README.md`: a YAML header with `model-index`, then Markdown.

Source:
    Hugging Face Hub, "Model Cards" and its specification `modelcard.md`.
"""

from pathlib import PurePath
from typing import Any

import yaml

from bert_aas.cards.document import card_document
from bert_aas.cards.facts import Figure, ModelFacts
from bert_aas.cards.human import CardParams
from bert_aas.cards.markdown import card_markdown

_TASK = {"type": "text-classification", "name": "Text Classification"}
_TYPES = {"macro_f1": "f1", "macro_precision": "precision", "macro_recall": "recall"}
"""Names of the Hub's metrics; how classes are weighed stands in the metric's own name."""


def readme(facts: ModelFacts, human: CardParams) -> str:
    """Write a card for the Hub.

    Args:
        facts: What is known of the model.
        human: What people say of it.

    Returns:
        The content of `README.md`.
    """
    header = yaml.safe_dump(_header(facts, human), sort_keys=False, allow_unicode=True)
    return f"---\n{header}---\n\n{card_markdown(card_document(facts, human))}"


def _header(facts: ModelFacts, human: CardParams) -> dict[str, Any]:
    header: dict[str, Any] = {"pipeline_tag": _TASK["type"], "library_name": "tf-keras"}
    if human.languages:
        header["language"] = list(human.languages)
    if human.licence:
        header["license"] = human.licence.lower()
    header["tags"] = ["bert", "tensorflow", "text-classification"]
    header["metrics"] = sorted({_TYPES.get(name, name) for name in facts.evaluation.overall})
    header["model-index"] = [{"name": facts.name, "results": _results(facts)}]
    return header


def _results(facts: ModelFacts) -> list[dict[str, Any]]:
    if not facts.evaluation.overall:
        return []
    name = PurePath(facts.data.source).name or facts.data.source
    metrics = [_metric(metric, figure) for metric, figure in facts.evaluation.overall.items()]
    dataset = {"name": name, "type": "private", "split": "test"}
    return [{"task": _TASK, "dataset": dataset, "metrics": metrics}]


def _metric(name: str, figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {"type": _TYPES.get(name, name), "value": figure.value, "name": name}
    if figure.low is not None and figure.high is not None:
        found["args"] = {"interval_95": [figure.low, figure.high]}
    return found
