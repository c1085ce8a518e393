from typing import Any

import pytest
import yaml

from bert_aas.preparation.quality.findings import TITLES, Finding
from bert_aas.preparation.quality.lengths import TokenLengths
from bert_aas.preparation.quality.report import Column, QualityReport


def reported(*names: str, **changes: Any) -> QualityReport:
    facts: dict[str, Any] = {
        "path": "reviews.csv",
        "files": ("reviews.csv",),
        "format": "csv",
        "bytes": 100,
        "rows": 200,
        "columns": (Column(name="text", kind="bytes", missing=0),),
        "text_column": "text",
        "label_column": "label",
        "classes": {"x": 100, "y": 100},
        "splits": {"train": 160, "eval": 20, "test": 20},
        "findings": tuple(Finding(name=name, rows=2) for name in names),
    }
    return QualityReport(**facts | changes)


def lengths(p99: float, over_limit: int) -> TokenLengths:
    return TokenLengths(
        mean=30,
        median=30,
        p95=60,
        p99=p99,
        longest=900,
        limit=128,
        over_limit=over_limit,
        edges=(3, 903),
        counts=(200,),
    )


DATA = {"path": "reviews.csv", "text_column": "text", "label_column": "label"}


def test_nothing_found_needs_the_columns_alone() -> None:
    assert reported().settings() == {"data": DATA}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unusable", {"data": {**DATA, "bad_rows": "reject"}}),
        ("no_label", {"data": {**DATA, "bad_rows": "reject"}}),
        ("empty", {"prepare": {"enabled": True}}),
        ("equal", {"prepare": {"enabled": True}}),
        ("conflicts", {"prepare": {"enabled": True}}),
        ("near_equal", {"prepare": {"enabled": True, "near_duplicates": {"threshold": 0.8}}}),
        ("html", {"prepare": {"enabled": True, "clean": ["html"]}}),
        ("phone", {"prepare": {"enabled": True, "personal_data": ["phone"]}}),
        ("imbalance", {"evaluate": {"metric": "macro_f1"}}),
        ("short", {}),
    ],
)
def test_each_finding_needs_its_settings(name: str, expected: dict[str, Any]) -> None:
    assert reported(name).settings() == {"data": DATA} | expected


def test_steps_come_in_the_order_in_which_they_clean() -> None:
    found = reported("white_space", "unicode", "html").settings()["prepare"]
    assert found["clean"] == ["html", "unicode", "white_space"]


def test_labels_and_columns_to_change_are_suggested() -> None:
    found = reported(label_map={"good": ("Good", "GOOD")}, drop_columns=("mail",)).settings()
    expected = {"label_map": {"good": ["Good", "GOOD"]}, "drop_columns": ["mail"]}
    assert found["prepare"] == {"enabled": True, **expected}


@pytest.mark.parametrize(
    ("p99", "over_limit", "expected"),
    [(120, 0, None), (150, 2, None), (129, 3, 160), (160, 3, 160), (700, 100, 512)],
)
def test_longer_texts_need_a_higher_limit(p99: float, over_limit: int, expected: int) -> None:
    transform = reported(lengths=lengths(p99, over_limit)).settings().get("transform", {})
    assert transform.get("max_seq_length") == expected


def test_the_configuration_is_yaml_of_the_settings() -> None:
    report = reported("equal", reading={"encoding": "cp1252"}, label_map={"1": ("1.0",)})
    assert yaml.safe_load(report.yaml()) == report.settings()
    assert list(report.settings()["data"])[-1] == "encoding"


def test_every_finding_has_a_title() -> None:
    assert [Finding(name=name, rows=1).title for name in TITLES] == [*TITLES.values()]
