from pathlib import Path

from bert_aas.preparation.summary import (
    ChangedExample,
    ChangedRows,
    DroppedExample,
    DroppedRows,
    LabelErrorExample,
    LabelErrors,
    PreparationSummary,
    SplitCounts,
)
from pipeline.report.sections.preparation import ChangedBy, DroppedFor, read_preparation


def test_doubtful_labels_are_read_with_their_file(tmp_path: Path) -> None:
    row = LabelErrorExample(key="7", given="-1", suggested="1", score=0.01, text="so soft")
    summary = PreparationSummary(
        splits={"train": SplitCounts(read=9, kept=9, dropped=0)},
        labels_before={},
        labels_after={},
        label_errors=LabelErrors(rows=1, dropped=False, examples=(row,)),
    )
    (tmp_path / "summary.json").write_text(summary.model_dump_json(), encoding="utf-8")
    found = read_preparation(str(tmp_path))
    assert found.label_errors == summary.label_errors
    assert found.label_errors_file == f"{tmp_path}/prepared/label_errors.csv"
    assert found.shows_texts


def test_counts_and_examples_are_named(tmp_path: Path) -> None:
    dropped = DroppedExample(split="eval", key="7", label="-1", text="so soft")
    changed = ChangedExample(key="9", before="a  b", after="a b")
    summary = PreparationSummary(
        splits={
            "train": SplitCounts(read=9, kept=9, dropped=0, copies=3),
            "eval": SplitCounts(read=4, kept=3, dropped=1),
        },
        dropped={"duplicate": DroppedRows(rows={"eval": 1}, examples=(dropped,))},
        changed={"white_space": ChangedRows(rows=2, examples=(changed,))},
        labels_before={"10": {"train": 5, "eval": 2}, "9": {"train": 4, "eval": 2}},
        labels_after={"good": {"train": 12, "eval": 3}},
    )
    (tmp_path / "summary.json").write_text(summary.model_dump_json(), encoding="utf-8")
    found = read_preparation(str(tmp_path))
    assert found.read == 13
    assert found.dropped == (DroppedFor("equal text (duplicates)", {"eval": 1}, (dropped,)),)
    assert found.dropped[0].total == 1
    assert found.changed == (ChangedBy("runs of blanks", 2, (changed,)),)
    assert found.classes_before == ("9", "10")
    assert found.before == {"train": (4, 5), "eval": (2, 2)}
    assert found.after == {"train": (12,), "eval": (3,)}
    assert found.file == f"{tmp_path}/prepared/dropped.parquet"
