"""Anomalies are read from TFDV's files and chosen by their names."""

import re
from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from bert_aas.contracts.errors import InvalidInputError
from components.example_validator.anomalies import (
    ALL,
    ANOMALIES_FILE,
    Anomaly,
    check_names,
    read_anomalies,
    stopping,
)
from components.example_validator.params import ValidateParams

NEW = Anomaly("eval", "color", "SCHEMA_NEW_COLUMN", "New column")
MISSING = Anomaly("eval", "text", "SCHEMA_MISSING_COLUMN", "Column dropped")


def write_split(folder: Path, split: str, anomalies: anomalies_pb2.Anomalies) -> None:
    path = folder / f"Split-{split}" / ANOMALIES_FILE
    path.parent.mkdir()
    path.write_bytes(anomalies.SerializeToString())


def test_every_reason_of_every_feature_is_read(tmp_path: Path) -> None:
    found = anomalies_pb2.Anomalies()
    kind = anomalies_pb2.AnomalyInfo
    for feature, type_, text in (
        ("text", kind.SCHEMA_MISSING_COLUMN, "Column dropped"),
        ("price", kind.FLOAT_TYPE_BIG_FLOAT, "too big"),
        ("price", kind.FLOAT_TYPE_HAS_NAN, "has nan"),
    ):
        found.anomaly_info[feature].reason.add(type=type_, description=text)
    found.dataset_anomaly_info.reason.add(type=kind.DATASET_LOW_NUM_EXAMPLES, description="few")
    write_split(tmp_path, "train", anomalies_pb2.Anomalies())
    write_split(tmp_path, "eval", found)
    assert read_anomalies(str(tmp_path), ["train", "eval"]) == [
        Anomaly("eval", "price", "FLOAT_TYPE_BIG_FLOAT", "too big"),
        Anomaly("eval", "price", "FLOAT_TYPE_HAS_NAN", "has nan"),
        Anomaly("eval", "text", "SCHEMA_MISSING_COLUMN", "Column dropped"),
        Anomaly("eval", "", "DATASET_LOW_NUM_EXAMPLES", "few"),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["SCHEMA_NEW_COLUMN"], [NEW]),
        (["FLOAT_TYPE_HAS_NAN"], []),
        ([ALL], [NEW, MISSING]),
        (["FLOAT_TYPE_HAS_NAN", ALL], [NEW, MISSING]),
    ],
)
def test_what_stops_a_run(names: list[str], expected: list[Anomaly]) -> None:
    assert stopping([NEW, MISSING], names) == expected


def test_known_names_pass() -> None:
    check_names([ALL, "SCHEMA_NEW_COLUMN", *ValidateParams().stop_on])


@pytest.mark.parametrize("name", ["schema_new_column", "EVERYTHING", ""])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(f"`validate.stop_on` has {name!r}")):
        check_names(["SCHEMA_NEW_COLUMN", name])


def test_the_report_gets_plain_fields() -> None:
    assert NEW.to_dict()["feature"] == "color"
