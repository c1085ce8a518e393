"""The card for SageMaker, against a schema of our own with the rules of SageMaker's.

`test_sagemaker_oracle.py` lets SageMaker's SDK read them.
"""

import json
from dataclasses import replace
from typing import Any

import jsonschema

from bert_aas.cards.facts import Condition, Data, Figure, Group, ModelFacts
from bert_aas.cards.human import CardParams
from bert_aas.cards.sagemaker import sagemaker_card
from bert_aas.contracts.plain_text import printable_json
from tests.bert_aas.cards.sample import facts, human

Schema = dict[str, Any]


def text(most: int) -> Schema:
    return {"type": "string", "maxLength": most}


def closed(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def listed(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


NAME = {"type": "string", "minLength": 1, "maxLength": 255}
TITLE = {"type": "string", "minLength": 1, "maxLength": 63}
AXIS, AXES = text(63), listed(text(63))
NUMBER = {"type": "number"}
TRAINED = closed(("name", "value"), name=NAME, notes=text(1024), value=NUMBER)
SIMPLE = closed(
    ("name", "type", "value"),
    name=NAME,
    notes=text(1024),
    type={"enum": ["number", "string", "boolean"]},
    value={"anyOf": [NUMBER, text(63), {"type": "boolean"}]},
    x_axis_name=AXIS,
    y_axis_name=AXIS,
)
MATRIX = closed(
    ("name", "type", "value"),
    name=NAME,
    notes=text(1024),
    type={"const": "matrix"},
    value=listed(listed(NUMBER, minItems=1, maxItems=20), minItems=1, maxItems=20),
    x_axis_name=AXES,
    y_axis_name=AXES,
)
GROUP = {
    "type": "object",
    "required": ["name", "metric_data"],
    "properties": {"name": TITLE, "metric_data": listed({"anyOf": [SIMPLE, MATRIX]})},
}
CARD = closed(
    model_overview=closed(
        model_description=text(1024),
        model_creator=text(1024),
        model_owner=text(1024),
        model_artifact=listed(text(1024), maxItems=15),
        algorithm_type=text(1024),
        problem_type={"type": "string"},
    ),
    intended_uses=closed(
        purpose_of_model=text(2048),
        intended_uses=text(2048),
        factors_affecting_model_efficiency=text(2048),
        risk_rating={"enum": ["High", "Medium", "Low", "Unknown"]},
        explanations_for_risk_rating=text(2048),
    ),
    business_details=closed(
        business_problem=text(2048), business_stakeholders=text(2048), line_of_business=text(2048)
    ),
    training_details=closed(
        objective_function=closed(
            function=closed(
                function={"enum": ["Maximize", "Minimize"]}, facet=text(63), condition=text(63)
            ),
            notes=text(1024),
        ),
        training_observations=text(1024),
        training_job_details=closed(
            training_arn=text(1024),
            training_datasets=listed(text(1024), maxItems=15),
            training_environment=closed(container_image=listed(text(1024), maxItems=15)),
            training_metrics=listed(TRAINED, maxItems=50),
            hyper_parameters=listed(closed(("name",), name=NAME, value=text(255)), maxItems=100),
        ),
    ),
    evaluation_details=listed(
        closed(
            ("name",),
            name=TITLE,
            evaluation_observation=text(2096),
            evaluation_job_arn=text(256),
            datasets=listed(text(1024), maxItems=10),
            metadata={"type": "object", "additionalProperties": text(1024)},
            metric_groups=listed(GROUP),
        )
    ),
    additional_information=closed(
        ethical_considerations=text(2048),
        caveats_and_recommendations=text(2048),
        custom_details={"type": "object", "additionalProperties": text(1024)},
    ),
)


def valid(found: ModelFacts, said: CardParams) -> dict[str, Any]:
    card = sagemaker_card(found, said)
    jsonschema.Draft7Validator(CARD).validate(json.loads(json.dumps(card, allow_nan=False)))
    return card


def test_the_card_of_a_model() -> None:
    card = valid(facts(), human())
    assert card["model_overview"]["model_owner"] == "Reviews team"
    assert card["intended_uses"]["risk_rating"] == "Low"
    trained = card["training_details"]["training_job_details"]
    assert trained["training_metrics"][0]["value"] == 0.5  # of the epoch that was kept
    assert {"name": "epochs", "value": "2"} in trained["hyper_parameters"]
    split, bias = card["evaluation_details"]
    groups = {group["name"]: group["metric_data"] for group in split["metric_groups"]}
    assert groups["All rows"][0] == {
        "name": "accuracy",
        "type": "number",
        "value": 0.8,
        "notes": "95 % interval 0.7000 to 0.9000",
    }
    assert groups["Class yes"][0]["value"] == 6
    assert groups["Confusion matrix"][0]["value"] == [[4, 0], [3, 3]]
    assert bias["metric_groups"][0]["metric_data"][0]["name"] == "DPL"
    assert card["additional_information"]["custom_details"]["sha256 of the data"] == "d" * 64


def test_a_card_of_which_nothing_is_known() -> None:
    bare = ModelFacts("toy", "7", "/served/7", "r1", "2026", Data(""))
    card = valid(bare, CardParams())
    assert card["evaluation_details"] == []
    assert card["intended_uses"]["risk_rating"] == "Unknown"
    assert card["model_overview"]["model_owner"] == "not stated"


def huge() -> tuple[ModelFacts, CardParams]:
    """A model of which there is far too much to say."""
    long = "x" * 5000
    said = CardParams(description=long, limits=long, owner=long, ethics=long)
    groups = tuple(Group(f"{place}{long}", 1, {long: Figure(0.5)}) for place in range(30))
    confusion = tuple(tuple(range(30)) for _ in range(30))
    evaluation = replace(facts().evaluation, classes=groups, slices=groups, confusion=confusion)
    training = replace(facts().training, hyperparameters={f"{n}{long}": long for n in range(200)})
    conditions = (Condition(long, "passed", long),)
    return replace(facts(), evaluation=evaluation, training=training, conditions=conditions), said


def test_long_texts_and_many_classes_are_cut() -> None:
    card = valid(*huge())
    names = [one["name"] for one in card["evaluation_details"][0]["metric_groups"]]
    assert "Confusion matrix" not in names  # SageMaker takes 20 classes


def test_a_card_is_no_longer_than_sagemaker_takes() -> None:
    figures = {f"metric {number}": Figure(0.5, 0.25, 0.75) for number in range(20)}
    groups = tuple(Group(f"shop {place}", 1, figures, "shop") for place in range(100))
    bias = replace(facts().bias[0], rows=facts().bias[0].rows * 300)
    evaluation = replace(facts().evaluation, slices=groups)
    card = valid(replace(facts(), evaluation=evaluation, bias=(bias,)), human())
    split, differences = card["evaluation_details"]
    assert [one["name"] for one in split["metric_groups"]][:3] == [
        *("All rows", "Class no", "Class yes"),
    ]
    kept = len(split["metric_groups"]) + len(differences["metric_groups"])
    left_out = card["additional_information"]["custom_details"]["metric groups left out"]
    assert kept + int(left_out) == 3 + 100 + 1 + 300
    assert 50_000 < len(printable_json(card)) <= 100_000


def test_details_give_way_where_groups_are_not_enough() -> None:
    conditions = tuple(Condition(str(number), "passed", "x" * 2000) for number in range(200))
    card = valid(replace(facts(), conditions=conditions), human())
    details = card["additional_information"]["custom_details"]
    assert details["condition 0"].startswith("passed: xxx")
    assert "condition 199" not in details
    assert len(printable_json(card)) <= 100_000
