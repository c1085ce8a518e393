"""`analysis.json`: Clarify's schema, and what is ours."""

import json

import pytest

from bert_aas.bias.analysis import analysis
from bert_aas.bias.measuring import measure_bias
from bert_aas.contracts.plain_text import printable_json
from tests.bert_aas.bias.admissions import rows

TABLE = {"sex": ["f", "f", "m", "m"], "hired": ["no", "no", "no", "yes"]}


def test_the_schema_of_clarify() -> None:
    found = analysis(measure_bias(TABLE, label="hired", facets=["sex"], positive=["yes"]))
    assert found["version"] == "1.0"
    bias = found["pre_training_bias_metrics"]
    assert (bias["label"], bias["label_value_or_threshold"]) == ("hired", "yes")
    women, men = bias["facets"]["sex"]
    assert (women["value_or_threshold"], men["value_or_threshold"]) == ("f", "m")
    assert women["metrics"][1] == {
        "name": "DPL",
        "description": "Difference in Positive Proportions in Labels (DPL)",
        "value": 0.5,
    }
    assert women["metrics"][-1] == {
        "name": "CDDL",
        "description": "Conditional Demographic Disparity in Labels (CDDL)",
        "value": None,
        "error": "no column of groups is named",
    }


def test_what_is_infinite_is_null_and_has_an_error() -> None:
    found = analysis(measure_bias(TABLE, label="hired", facets=["sex"], positive=["yes"]))
    divergence = found["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"][2]
    assert divergence["value"] is None
    assert divergence["error"].startswith("infinite")
    json.loads(printable_json(found), parse_constant=pytest.fail)


def test_every_class_stands_under_our_key() -> None:
    found = analysis(measure_bias(rows(), label="admitted", facets=["sex"], group="department"))
    assert found["pre_training_bias_metrics"]["label_value_or_threshold"] == "no"
    ours = found["bert_aas"]
    assert (ours["rows"], ours["tests"], ours["group"]) == (4526, 2, "department")
    assert [(one["value_or_threshold"], one["positive"]) for one in ours["comparisons"]] == [
        ("f", ["no"]),
        ("f", ["yes"]),
        ("m", ["no"]),
        ("m", ["yes"]),
    ]
    difference = ours["comparisons"][1]["metrics"][1]
    assert difference["interval"][0] < difference["value"] < difference["interval"][1]
    assert difference["p_value"] <= difference["adjusted_p_value"] < 0.05
    assert difference["significant"] is True


def test_limits_and_what_is_beyond_them() -> None:
    report = measure_bias(TABLE, label="hired", facets=["sex"], positive=["yes"])
    ours = analysis(report, {"DPL": 0.2, "KL": 5, "CI": 0.1})["bert_aas"]
    assert ours["max"] == {"DPL": 0.2, "KL": 5, "CI": 0.1}
    assert [
        (one["metric"], one["value_or_threshold"], one["value"]) for one in ours["violations"]
    ] == [
        ("KL", "f", None),
        ("DPL", "f", 0.5),
        ("DPL", "m", -0.5),
    ]
    assert ours["verdict"].startswith("KL of sex = f for the class yes is infinite, and at most 5 ")
    assert ours["verdict"].endswith("(and 2 more beyond their limits)")
