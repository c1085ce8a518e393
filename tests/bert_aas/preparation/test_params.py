import json

import pytest
from pydantic import ValidationError

from bert_aas.preparation.params import PreparationRules


def read(**given: object) -> PreparationRules:
    return PreparationRules.model_validate_json(json.dumps(given))


def test_numbers_name_classes() -> None:
    rules = read(label_map={-1: [1, 2.0], "good": ["5"]}, drop_labels=[3])
    assert rules.label_map == {"-1": ("1", "2"), "good": ("5",)}
    assert rules.drop_labels == ("3",)
    assert PreparationRules.model_validate_json(rules.model_dump_json()) == rules


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"label_map": {"a": [1], "b": [1.0]}}, "gives the label '1' two classes, 'a' and 'b'"),
        ({"clean": ["html", "html"]}, "'html' stands there twice"),
        ({"clean": ["xml"]}, "'html'"),
        ({"drop_labels": [True]}, "string"),
        ({"near_duplicates": {"threshold": 0.1}}, "0.3"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(**given)


def test_the_rules_of_texts_are_apart() -> None:
    rules = read(clean=["unicode"], personal_data=["phone"], label_map={"a": [1]})
    assert rules.text_rules.model_dump() == {"clean": ("unicode",), "personal_data": ("phone",)}
    assert rules.text_rules.steps == ("unicode", "phone")
