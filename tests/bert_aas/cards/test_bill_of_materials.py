"""Bills that CycloneDX's own validator takes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bert_aas.cards.bill_of_materials import bill_of_materials
from bert_aas.cards.facts import Data, ModelFacts
from bert_aas.cards.human import CardParams
from tests.bert_aas.cards.sample import facts, human


def valid(found: ModelFacts, said: CardParams) -> dict[str, Any]:
    bill = bill_of_materials(found, said)
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill, allow_nan=False))
    assert error is None, error
    return bill


def test_the_model_with_its_card() -> None:
    model = valid(facts(), human())["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert model["licenses"] == [{"license": {"name": "Apache-2.0"}}]
    assert model["components"][0]["name"] == "saved_model.pb"
    assert model["components"][0]["hashes"][0]["content"] == "b" * 64
    card = model["modelCard"]
    assert card["modelParameters"]["datasets"] == [{"ref": "data"}]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    assert metrics[0] == {
        "type": "accuracy",
        "value": "0.8",
        "confidenceInterval": {"lowerBound": "0.7", "upperBound": "0.9"},
    }
    assert [one["slice"] for one in metrics if one["type"] == "recall"] == ["class=no", "class=yes"]
    assert card["considerations"]["useCases"] == ["sorting reviews"]
    assert card["considerations"]["fairnessAssessments"][0]["groupAtRisk"] == "shop = north"


def test_packages_data_and_encoder() -> None:
    bill = valid(facts(), human())
    parts = {part["bom-ref"]: part for part in bill["components"]}
    assert parts["data"]["hashes"][0]["content"] == "d" * 64
    assert parts["data"]["data"][0]["contents"]["url"] == "file:///data/rows.csv"
    assert parts["encoder"]["hashes"][0]["content"] == "e" * 64
    numpy = parts["pkg:pypi/numpy@1.26.4%2Blocal"]
    assert numpy["licenses"] == [{"expression": "BSD-3-Clause AND 0BSD"}]
    odd = parts["pkg:pypi/odd-one@0.1"]
    assert odd["licenses"] == [{"license": {"name": "see the file LICENSE"}}]
    assert "licenses" not in parts["pkg:pypi/unknown-one@2"]
    assert bill["dependencies"] == [{"ref": "model", "dependsOn": list(parts)}]


def test_the_same_model_has_the_same_bill() -> None:
    first, again = valid(facts(), human()), valid(facts(), human())
    assert first == again
    assert first["metadata"]["timestamp"] == "2026-01-31T12:05:00+00:00"
    other = valid(replace(facts(), sha256="f" * 64), human())
    assert other["serialNumber"] != first["serialNumber"]


@pytest.mark.parametrize("source", ["", "rows.csv", "gs://bucket/a b/ä.csv", "/a b/ä#?.csv"])
def test_any_source_and_nothing_else_is_known(source: str) -> None:
    bare = ModelFacts("toy", "7", "/served/7", "r1", "2026-01-31T12:05:00+00:00", Data(source))
    bill = valid(bare, CardParams())
    assert [part["bom-ref"] for part in bill["components"]] == ["data"]
