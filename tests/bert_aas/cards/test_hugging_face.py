"""The card as the Hub's own library reads it."""

from dataclasses import replace
from typing import Any

from huggingface_hub import ModelCard

from bert_aas.cards.hugging_face import readme
from bert_aas.cards.human import CardParams
from tests.bert_aas.cards.sample import facts, human


def header(text: str) -> Any:
    """Read the header of a card; which fields it has, the library does not tell type checkers."""
    return ModelCard(text).data


def test_the_header_is_the_hubs() -> None:
    text = readme(facts(), human())
    data = header(text)
    assert data.language == ["en", "de"]
    assert data.license == "apache-2.0"
    assert data.pipeline_tag == "text-classification"
    results = {one.metric_name: one for one in data.eval_results}
    assert set(results) == {"accuracy", "macro_f1"}
    assert results["macro_f1"].metric_type == "f1"
    assert results["accuracy"].metric_value == 0.8
    assert results["accuracy"].metric_args == {"interval_95": [0.7, 0.9]}
    assert results["accuracy"].dataset_split == "test"
    assert ModelCard(text).text.lstrip().startswith("# Toy reviews")


def test_what_nobody_said_is_no_field() -> None:
    data = header(readme(facts(), CardParams()))
    assert data.license is None
    assert data.language is None


def test_names_stay_in_their_fields() -> None:
    evil = replace(facts(), name="x\n---\nlicense: other")
    data = header(readme(evil, human()))
    assert data.license == "apache-2.0"
    assert data.model_name == "x\n---\nlicense: other"
