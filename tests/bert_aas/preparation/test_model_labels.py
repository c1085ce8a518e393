"""The file that says how a model's run mapped its labels."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.label_rules import LabelRules
from bert_aas.preparation.labels import LabelMap
from bert_aas.preparation.model_labels import LABEL_RULES_FILE, in_turn, model_label_map
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


def rules(label_map: dict[str, tuple[str, ...]], *dropped: str) -> LabelRules:
    return LabelRules(label_map=label_map, drop_labels=dropped)


STARS = rules({"-1": ("1", "2"), "0": ("3",), "1": ("4", "5")})


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (STARS, rules({"bad": ("-1",), "good": ("1.0",)}, "0")),
        (STARS, rules({"x": ("-1", "1", "unnamed")}, "x")),
        (rules({"a": ("b",)}, "a"), rules({"c": ("d", "b", "a")})),
        (rules({}, "3"), STARS),
        (STARS, rules({}, "1")),
    ],
)
def test_rules_in_turn_are_both_maps_one_after_the_other(
    first: LabelRules, then: LabelRules
) -> None:
    one, other = (LabelMap(each.label_map, each.drop_labels) for each in (first, then))
    joined = in_turn(first, then)
    assert joined is not None
    both = LabelMap(joined.label_map, joined.drop_labels)
    for label in (*"12345abcd", "4.0", "unnamed", "0"):
        dropped = one.drops(label) or other.drops(one(label))
        assert both.drops(label) == dropped
        assert dropped or both(label) == other(one(label))


def test_no_rule_changes_nothing() -> None:
    assert in_turn(STARS, None) == in_turn(None, STARS) == STARS
    assert in_turn(None, None) is None
