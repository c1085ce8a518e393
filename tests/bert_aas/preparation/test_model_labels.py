"""The file that says how a model's run mapped its labels."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.model_labels import LABEL_RULES_FILE, model_label_map
from bert_aas.preparation.params import PreparationRules


def test_a_model_without_the_file_leaves_labels_as_they_are(tmp_path: Path) -> None:
    found = model_label_map(tmp_path)
    assert found("5") == "5"
    assert not found.drops("5")


def test_labels_are_mapped_and_dropped_as_in_the_run(tmp_path: Path) -> None:
    rules = PreparationRules.model_validate_json(
        '{"label_map": {"good": [4, 5]}, "drop_labels": [3]}'
    )
    assert rules.label_rules is not None
    file = tmp_path / LABEL_RULES_FILE
    file.parent.mkdir()
    file.write_text(rules.label_rules.model_dump_json())
    found = model_label_map(tmp_path)
    assert [found(label) for label in ("5.0", "4", "1")] == ["good", "good", "1"]
    assert [found.drops(label) for label in ("3.0", "4")] == [True, False]


def test_a_run_without_such_rules_writes_no_file() -> None:
    assert PreparationRules().label_rules is None


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / LABEL_RULES_FILE
    file.parent.mkdir()
    file.write_text("{")
    with pytest.raises(InvalidInputError, match=r"label_rules\.json is damaged"):
        model_label_map(tmp_path)
