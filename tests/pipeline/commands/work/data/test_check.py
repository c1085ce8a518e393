"""A table with planted faults, checked as `bert-aas data check` does it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.preflight import inspect
from pipeline.commands.work.data import check
from pipeline.commands.work.data.check import CheckRequest, check_data, examine
from pipeline.config.pipeline_config import load_config
from tests.components.example_gen.splitting.test_label_counts import labelled
from tests.components.example_gen.tables import write_table

READING = {"encoding": "auto", "separator": "auto", "quoting": "auto"}
PLANTED: dict[str, list[tuple[str, str | None]]] = {
    "no_label": [("It came without a label.", None)],
    "empty": [("", "good")],
    "short": [("Nice.", "good")],
    "html": [("It is <b>really</b> well made.", "good")],
    "control_characters": [("It is\u200b a gift for her.", "good")],
    "unicode": [("Cafe\u0301 is where I wore it.", "good")],
    "white_space": [("It  runs small, take a size up.", "bad")],
    "email": [("Write to me@example.com about it.", "bad")],
    "phone": [("Call +49 30 1234567 about it.", "bad")],
    "card_number": [("I paid with 4111 1111 1111 1111 for it.", "bad")],
    "equal": [("The colour is lovely and bright.", "good")] * 2,
    "conflicts": [
        ("The zip is so so, to be honest.", "good"),
        ("The zip is so so, to be honest.", "bad"),
    ],
    "label_spellings": [("It is warm and soft as told.", "Good")],
    "long": [("so " * 140 + "soft.", "good")],
}


def rows(*names: str) -> list[dict[str, Any]]:
    """Make 120 sound rows of two classes, and those planted."""
    made: list[tuple[str, str | None]] = [
        (f"Parcel {n} with item {n * 37} came after {n + 2} days, as said.", ("good", "bad")[n % 2])
        for n in range(120)
    ]
    planted = [row for name in names for row in PLANTED[name]]
    return [{"review": text, "label": label} for text, label in [*made, *planted]]


def request(path: Path, **changes: Any) -> CheckRequest:
    return CheckRequest(
        **{
            "path": str(path),
            "text_column": None,
            "label_column": None,
            "reading": READING,
            **changes,
        }
    )


def counted(path: Path, **changes: Any) -> dict[str, int]:
    return {found.name: found.rows for found in examine(request(path, **changes)).findings}


def test_sound_rows_have_no_findings(tmp_path: Path) -> None:
    report = examine(request(write_table(tmp_path, "csv", rows())))
    assert (report.findings, report.refusal, report.rows) == ((), None, 120)
    assert report.classes == {"bad": 60, "good": 60}
    assert sum(report.splits.values()) == 120


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet"])
def test_all_that_is_planted_is_counted_in_every_format(tmp_path: Path, file_format: str) -> None:
    expected = dict.fromkeys(PLANTED, 1) | {"conflicts": 2, "equal": 2, "imbalance": 1}
    assert counted(write_table(tmp_path, file_format, rows(*PLANTED))) == expected


def test_one_row_is_named_by_its_number(tmp_path: Path) -> None:
    report = examine(request(write_table(tmp_path, "csv", rows("html"))))
    assert report.findings[0].examples == ("reviews.csv:121",)


def test_broken_rows_are_counted_with_their_reason(tmp_path: Path) -> None:
    path = write_table(tmp_path, "csv", rows())
    path.write_text(path.read_text() + "one,too,many\n")
    report = examine(request(path))
    assert (report.rows, report.rows_with("unusable")) == (121, 1)
    assert report.findings[0].examples == (
        "reviews.csv, line 122: 3 fields where the header has 2",
    )


def test_columns_and_their_gaps_are_told(tmp_path: Path) -> None:
    made = [
        row | {"mail": "me@example.com", "stars": n % 5 or None} for n, row in enumerate(rows())
    ]
    report = examine(request(write_table(tmp_path, "csv", made)))
    assert [(column.name, column.kind, column.missing) for column in report.columns] == [
        ("label", "bytes", 0),
        ("mail", "bytes", 0),
        ("review", "bytes", 0),
        ("stars", "int", 24),
    ]
    assert report.drop_columns == ("mail",)
    assert [found.name for found in report.findings] == ["personal_columns"]


def test_lengths_count_the_special_tokens(tmp_path: Path) -> None:
    lengths = examine(request(write_table(tmp_path, "csv", rows("long")))).lengths
    assert lengths is not None
    assert (lengths.longest, lengths.over_limit, lengths.limit) == (144, 1, 128)
    assert sum(lengths.counts) == 121


def test_without_the_bundled_encoder_there_are_no_lengths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "MINILM_PACKAGE", "no_such_package")
    report = examine(request(write_table(tmp_path, "csv", rows("long"))))
    assert (report.lengths, report.findings) == (None, ())


def test_a_class_without_rows_in_train_is_cured_by_stratifying(tmp_path: Path) -> None:
    rare = [{"review": row["text"], "label": "rare"} for row in labelled("rare", test=3)]
    path = write_table(tmp_path, "csv", rows() + rare)
    report = examine(request(path))
    assert (report.settings()["data"].get("stratify"), report.refusal) == (True, None)


@pytest.mark.parametrize("names", [(), tuple(PLANTED), ("unicode", "email"), ("no_label", "long")])
def test_a_run_takes_the_suggested_configuration(tmp_path: Path, names: tuple[str, ...]) -> None:
    report = examine(request(write_table(tmp_path, "csv", rows(*names))))
    path = tmp_path / "suggested.yaml"
    path.write_text(report.yaml())
    config = load_config(path)
    assert inspect(config.data).plan.rows == report.splits
    assert config.transform.max_seq_length == 128
    assert config.prepare.enabled == bool(report.settings().get("prepare"))


def test_data_that_no_run_can_use_end_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_table(tmp_path, "csv", [row | {"label": "same"} for row in rows()])
    assert check_data(request(path), None, None) == 2
    said = capsys.readouterr().out
    assert "A run would refuse these data: data.label_column: all 120 rows have the label" in said


def test_what_was_found_is_shown_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_table(tmp_path, "csv", rows("email", "equal"))
    places = tmp_path / "report.json", tmp_path / "report.html"
    assert check_data(request(path), *places) == 0
    said = capsys.readouterr().out
    assert re.search(r"E-mail address +1 +0\.8 % +reviews\.csv:121", said)
    assert said.endswith("personal_data:\n  - email\n")
    content = json.loads(places[0].read_text())
    assert content["settings"]["prepare"]["personal_data"] == ["email"]
    assert {found["name"]: found["rows"] for found in content["findings"]} == {
        "email": 1,
        "equal": 1,
    }
    page = places[1].read_text()
    assert "E-mail address" in page
    assert "me@example.com" not in page + said + places[0].read_text()


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"none\.csv"):
        examine(request(tmp_path / "none.csv"))
