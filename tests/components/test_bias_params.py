"""The section `bias` of a configuration."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from bert_aas.bias.questions import Facet
from components.bias_params import BiasParams


def params(**fields: Any) -> BiasParams:
    return BiasParams.model_validate_json(json.dumps({"enabled": True, **fields}))


def test_it_is_off() -> None:
    assert not BiasParams().enabled


def test_facets_as_on_a_command_line_and_in_full() -> None:
    given = [
        "shop",
        "age>60",
        {"column": "stars", "values": [4, 5.0]},
        {"name": "women", "patterns": ["she", "her"]},
    ]
    question = params(facets=given, positive=[1], group="shop").question("label", ("text",))
    assert question.facets == (
        Facet("shop"),
        Facet("age", above=60),
        Facet("stars", values=("4", "5")),
        Facet(name="women", patterns=("she", "her")),
    )
    assert question.positive == ("1",)
    assert question.columns == ("label", "shop", "age", "stars", "text")


def test_columns_that_must_be_there() -> None:
    found = params(facets=["shop=x", {"name": "women", "patterns": ["she"]}], group="town")
    assert found.named_columns() == ("shop", "town")


def test_each_node_is_told_what_it_measures() -> None:
    found = params(facets=["a"], swaps=[["he", "she"]], max={"DPL": 0.2, "DI": 0.3, "flips": 0.1})
    labels, predictions = json.loads(found.of_labels()), json.loads(found.of_predictions())
    assert labels["max"] == {"DPL": 0.2}
    assert not {"swaps", "after_training"} & set(labels)
    assert predictions["max"] == {"DI": 0.3, "flips": 0.1}
    assert predictions["swaps"] == [["he", "she"]]
    assert "splits" not in predictions


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "name at least one"),
        ({"facets": ["age>old"]}, "needs a number after '>'"),
        ({"facets": [{"column": "a", "above": 1, "below": 2}]}, "at most one of values"),
        ({"facets": ["a", "a"]}, "the facet 'a' is there twice"),
        ({"facets": ["a"], "max": {"DPX": 1}}, "'DPX' is no metric"),
        ({"facets": ["a"], "max": {"DPL": -1}}, "it is a distance from 0"),
        ({"facets": ["a"], "splits": ["all"]}, "'train', 'eval' or 'test'"),
        ({"facets": ["a"], "splits": []}, "at least 1 item"),
        (
            {"facets": ["a"], "max": {"RD": 0.1}, "after_training": False},
            "a limit of RD, which after_training: false never measures",
        ),
        ({"facets": ["a"], "max": {"flips": 0.1}}, "a limit of flips, but there are no `swaps`"),
        ({"facets": ["a"], "swaps": [["he", "he"]]}, "cannot be swapped"),
        ({"facets": ["a"], "swaps": [["he"]]}, "swaps.0.1"),
    ],
)
def test_what_means_nothing(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        params(**fields)
