import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import SourceFile
from components.example_gen import beam_steps, executor
from components.example_gen.params import DataParams, SplitBy, SplitFiles
from components.example_gen.preflight import inspect
from components.example_gen.reading.batches import RowBatch, read_batches
from components.example_gen.splitting.analysis import SourceSummary
from tests.components.example_gen.splitting.test_label_counts import labelled
from tests.components.example_gen.tables import (
    compress,
    csv_text,
    params_for,
    reviews,
    write_table,
)

SPLITS = ("train", "eval", "test")
CONTENT = "a1b2"
DAY_S = 86_400
BY_CUSTOMER = SplitBy(group="customer")
BY_DAY = SplitBy(time="when", cuts=(300 * DAY_S, "1970-12-17"))  # its 350th and 351st day


def generate(folder: Path, params: DataParams) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    Path(examples.uri).mkdir(parents=True)  # as TFX's launcher does
    context = executor.Executor.Context()
    executor.Executor(context).Do(
        {},
        {"examples": [examples]},
        {"data_params": params.model_dump_json(), "content_fingerprint": CONTENT},
    )
    return examples


def read_split(examples: standard_artifacts.Examples, split: str) -> list[dict[str, Any]]:
    folder = Path(artifact_utils.get_split_uri([examples], split))
    files = sorted(str(path) for path in folder.iterdir())
    assert all(Path(file).name.startswith("data_tfrecord-") for file in files)
    return [
        {name: _values(feature) for name, feature in example.features.feature.items()}
        for example in map(
            tf.train.Example.FromString,
            tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator(),
        )
    ]


def _values(feature: tf.train.Feature) -> list[Any]:
    kind = feature.WhichOneof("kind")
    return list(getattr(feature, kind).value) if kind else []


def read_all(examples: standard_artifacts.Examples) -> dict[str, list[dict[str, Any]]]:
    return {split: read_split(examples, split) for split in SPLITS}


def flat(by_split: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return list(itertools.chain.from_iterable(by_split.values()))


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet", "tfrecord"])
def test_every_row_of_every_format_arrives_typed(tmp_path: Path, file_format: str) -> None:
    path = write_table(tmp_path, file_format, reviews(60))
    path = compress(path) if file_format in {"csv", "tfrecord"} else path
    rows = flat(read_all(generate(tmp_path, params_for(path))))
    rows.sort(key=lambda row: int(row["row_key"][0].rpartition(b":")[2]))
    assert rows == [
        {
            "row_key": [f"{path.name}:{number}".encode()],
            "text": [row["text"].encode()],
            "label": [row["label"].encode()],
            "rating": [row["rating"]],
            "price": [] if row["price"] is None else [row["price"]],
            "category": [row["category"].encode()],
        }
        for number, row in enumerate(reviews(60), start=1)
    ]


def test_the_artifact_tells_splits_format_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(reviews(60)) + "bad row\n")
    examples = generate(tmp_path, params_for(path, bad_rows="reject"))
    counts = {split: len(rows) for split, rows in read_all(examples).items()}
    assert artifact_utils.decode_split_names(examples.split_names) == list(SPLITS)
    assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
    assert sum(counts.values()) == 60
    for split, count in counts.items():
        assert examples.get_int_custom_property(f"rows_{split}") == count
    assert examples.get_int_custom_property("rows_rejected") == 1
    assert examples.get_string_custom_property("content_fingerprint") == CONTENT
    summary = SourceSummary.model_validate_json(Path(examples.uri, "summary.json").read_text())
    assert (summary.plan.rows, summary.bad_rows) == (counts, 1)


def test_rejected_rows_are_listed_without_their_text(tmp_path: Path) -> None:
    good = csv_text(reviews(60))
    (tmp_path / "b.csv").write_bytes(good.encode() + b"secret\n\xff,1,2,3,4\n")
    (tmp_path / "a.csv").write_text(good.replace("Parcel", "Box") + "secret,,1,2,3\n")
    examples = generate(tmp_path, params_for(tmp_path, bad_rows="reject"))
    rejects = Path(examples.uri, "rejects.jsonl").read_text()
    assert [json.loads(line) for line in rejects.splitlines()] == [
        {"file": "a.csv", "line": 122, "reason": "no label (column 'label')"},
        {"file": "b.csv", "line": 122, "reason": "1 field where the header has 5"},
        {"file": "b.csv", "line": 123, "reason": "not UTF-8: byte 0xff at position 1 of line 123"},
    ]
    assert "secret" not in rejects


def test_nothing_but_the_splits_and_the_summary_is_left(tmp_path: Path) -> None:
    examples = generate(tmp_path, params_for(write_table(tmp_path, "csv", reviews(60))))
    left = sorted(path.name for path in Path(examples.uri).iterdir())
    assert left == ["Split-eval", "Split-test", "Split-train", "summary.json"]


@pytest.mark.parametrize("stratify", [False, True])
def test_one_text_never_lands_in_two_splits(tmp_path: Path, stratify: bool) -> None:
    rows = [row | {"text": f" Text {number % 50} "} for number, row in enumerate(reviews(400))]
    path = write_table(tmp_path, "csv", rows)
    where = defaultdict(set)
    for split, found in read_all(generate(tmp_path, params_for(path, stratify=stratify))).items():
        for row in found:
            where[row["text"][0].strip()].add(split)
    assert len(where) == 50
    assert all(len(splits) == 1 for splits in where.values())


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet", "tfrecord"])
def test_every_format_is_split_by_group_and_by_time(tmp_path: Path, file_format: str) -> None:
    rows = [
        row | {"customer": number % 40, "when": DAY_S * number}
        for number, row in enumerate(reviews(400))
    ]
    path = write_table(tmp_path, file_format, rows)
    by_group = read_all(generate(tmp_path / "g", params_for(path, split_by=BY_CUSTOMER)))
    where = defaultdict(set)
    for split, found in by_group.items():
        for row in found:
            where[row["customer"][0]].add(split)
    assert sorted(where) == [*range(40)]  # a number stays a number
    assert all(len(splits) == 1 for splits in where.values())
    by_time = read_all(generate(tmp_path / "t", params_for(path, split_by=BY_DAY)))
    days = {split: [row["when"][0] // DAY_S for row in found] for split, found in by_time.items()}
    assert sorted(days["train"]) == [*range(300)]
    assert sorted(days["eval"]) == [*range(300, 350)]
    assert sorted(days["test"]) == [*range(350, 400)]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_rows_of_given_files_are_written_to_their_split(tmp_path: Path, file_format: str) -> None:
    rows = reviews(90)
    for split, part in (("train", rows[:60]), ("eval", rows[60:75]), ("held-out", rows[75:])):
        (tmp_path / split).mkdir()
        write_table(tmp_path / split, file_format, part)
    files = SplitFiles(train="train", eval="eval", test=str(tmp_path / "held-out"))
    found = read_all(generate(tmp_path / "out", params_for(tmp_path, split_files=files)))
    texts = {
        split: {row["text"][0].decode() for row in written} for split, written in found.items()
    }
    expected = {"train": rows[:60], "eval": rows[60:75], "test": rows[75:]}
    assert texts == {split: {row["text"] for row in part} for split, part in expected.items()}
    assert "__split__" not in found["train"][0]
    keys = [row["row_key"][0] for written in found.values() for row in written]
    assert len({*keys}) == 90


def test_stratified_splits_hold_the_same_share_of_every_class(tmp_path: Path) -> None:
    rows = [
        row | {"label": "rare" if n % 10 == 0 else "common"} for n, row in enumerate(reviews(300))
    ]
    path = write_table(tmp_path, "csv", rows)
    found = read_all(generate(tmp_path, params_for(path, stratify=True)))
    shares = {
        split: [
            sum(row["label"] == [label] for row in found[split]) for label in (b"rare", b"common")
        ]
        for split in SPLITS
    }
    assert shares == {"train": [24, 216], "eval": [3, 27], "test": [3, 27]}


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    params = params_for(write_table(tmp_path, "csv", reviews(200)))
    contents = []
    for run in ("first", "second"):
        folder = Path(generate(tmp_path / run, params).uri)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        contents.append([(str(path.relative_to(folder)), path.read_bytes()) for path in files])
    assert contents[0] == contents[1]


def test_rows_are_shuffled_and_spread_over_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sorted(reviews(400), key=lambda row: str(row["label"]))
    path = write_table(tmp_path, "csv", rows)
    monkeypatch.setattr(executor, "_SHARD_BYTES", path.stat().st_size // 4)
    examples = generate(tmp_path, params_for(path))
    names = sorted(path.name for path in Path(examples.uri, "Split-train").iterdir())
    assert names == [f"data_tfrecord-0000{n}-of-00004.gz" for n in range(4)]
    train = read_split(examples, "train")
    numbers = [int(row["row_key"][0].rpartition(b":")[2]) for row in train[:40]]
    assert numbers != sorted(numbers)
    assert {row["label"][0] for row in train[:40]} == {b"-1", b"0", b"1"}


def test_the_key_column_names_the_rows(tmp_path: Path) -> None:
    rows = [row | {"id": f"r{number}"} for number, row in enumerate(reviews(60))]
    path = write_table(tmp_path, "jsonl", rows)
    found = flat(read_all(generate(tmp_path, params_for(path, key_column="id"))))
    assert {row["row_key"][0] for row in found} == {f"r{n}".encode() for n in range(60)}


@pytest.mark.parametrize(
    ("extra", "changes", "sentence"),
    [
        ("bad row\n", {}, "line 122: 1 field where the header has 5 (1 of 61 rows"),
        ("", {"text_column": "body"}, "has no column 'body'; its columns are 'text', 'label'"),
        ("", {"path": "/nowhere.csv"}, "no file found at '/nowhere.csv'"),
    ],
)
def test_unusable_data_are_refused_with_a_sentence_not_a_worker_traceback(
    tmp_path: Path, extra: str, changes: dict[str, str], sentence: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(reviews(60)) + extra)
    with pytest.raises(InvalidInputError) as refusal:
        generate(tmp_path, params_for(path).model_copy(update=changes))
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "while running" not in str(refusal.value)  # what Beam adds


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the names of the files that are opened for their rows."""
    names = []

    def noted(source: SourceFile, params: DataParams) -> Iterator[RowBatch]:
        names.append(source.name)
        return read_batches(source, params)

    monkeypatch.setattr(beam_steps, "read_batches", noted)
    return names


def test_a_file_is_read_once(tmp_path: Path, read: list[str]) -> None:
    examples = generate(tmp_path, params_for(write_table(tmp_path, "csv", reviews(60))))
    assert read == ["reviews.csv"]
    assert len(flat(read_all(examples))) == 60


def test_a_file_is_read_again_where_the_split_depends_on_all_rows(
    tmp_path: Path, read: list[str]
) -> None:
    path = write_table(tmp_path, "csv", reviews(60))
    generate(tmp_path, params_for(path, stratify=True))
    assert read == ["reviews.csv", "reviews.csv"]


def test_a_type_that_changes_late_or_elsewhere_holds_for_all_rows(
    tmp_path: Path, read: list[str]
) -> None:
    rows = reviews(2000)
    rows[-1]["rating"] = 4.5  # far beyond what is looked at in one go
    (tmp_path / "late.csv").write_text(csv_text(rows))
    (tmp_path / "none.csv").write_text(csv_text(reviews(60)))
    (tmp_path / "same.csv").write_text(csv_text([row | {"rating": 0.5} for row in reviews(60)]))
    found = flat(read_all(generate(tmp_path, params_for(tmp_path))))
    assert sorted(read) == ["late.csv", "late.csv", "none.csv", "none.csv", "same.csv"]
    assert len(found) == 2120
    assert all(isinstance(row["rating"][0], float) for row in found)


def test_a_column_of_one_file_is_a_gap_in_the_others(tmp_path: Path) -> None:
    write_table(tmp_path, "jsonl", reviews(60)).rename(tmp_path / "a.jsonl")
    rows = [row | {"colour": "red"} for row in reviews(60)]
    write_table(tmp_path, "jsonl", rows).rename(tmp_path / "b.jsonl")
    found = flat(read_all(generate(tmp_path, params_for(tmp_path))))
    assert Counter(str(row["colour"]) for row in found) == {"[]": 60, "[b'red']": 60}


def test_refused_data_leave_no_rows_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(reviews(60)) + "bad row\n")
    with pytest.raises(InvalidInputError, match="1 of 61 rows"):
        generate(tmp_path, params_for(path))
    assert not list((tmp_path / "examples").iterdir())


def test_the_node_refuses_what_preflight_did_not_see(tmp_path: Path) -> None:
    path = write_table(tmp_path, "csv", reviews(60) + labelled("rare", test=3))
    with pytest.raises(InvalidInputError) as seen:
        inspect(params_for(path))
    with pytest.raises(InvalidInputError) as refusal:
        generate(tmp_path, params_for(path))
    assert str(refusal.value) == str(seen.value)
    assert "label 'rare' (3 rows: 3 in test)" in str(seen.value)
    assert not list((tmp_path / "examples").iterdir())


def test_labels_are_written_without_blanks_around(tmp_path: Path) -> None:
    rows = [row | {"label": f" {row['label']} "} for row in reviews(60)]
    found = flat(read_all(generate(tmp_path, params_for(write_table(tmp_path, "csv", rows)))))
    assert {row["label"][0] for row in found} == {b"1", b"0", b"-1"}


def test_a_lost_row_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_table(tmp_path, "csv", reviews(60))
    write = executor.Executor._write

    def append_then_write(*args: Any) -> dict[str, int]:
        with path.open("a") as file:
            file.write("new,1,1,1,1\n")
        return write(*args)

    monkeypatch.setattr(executor.Executor, "_write", append_then_write)
    with pytest.raises(executor.RowCountError, match=r"read 60 rows of reviews\.csv"):
        generate(tmp_path, params_for(path, stratify=True))


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_rows_without_a_label_go_on_where_something_drops_them(
    tmp_path: Path, file_format: str, stratify: bool
) -> None:
    rows = [*reviews(60), *reviews(6)]
    for row in rows[60:]:
        row["label"] = None
    path = write_table(tmp_path, file_format, rows)
    with pytest.raises(InvalidInputError, match="no label"):
        inspect(params_for(path, stratify=stratify))
    params = params_for(path, stratify=stratify, unlabelled="keep")
    found = inspect(params)
    assert (found.rows, found.bad_rows, found.trimmed_labels) == (66, 0, 0)
    assert found.labels.counts == {"-1": 20, "0": 20, "1": 20}
    written = flat(read_all(generate(tmp_path, params)))
    counts = Counter(tuple(row["label"]) for row in written)
    assert counts == {(): 6, (b"-1",): 20, (b"0",): 20, (b"1",): 20}


def test_a_label_that_train_lacks_is_refused_unless_it_may_be_mapped_to_another(
    tmp_path: Path,
) -> None:
    by = SplitBy(split="part")
    rows = [{**row, "part": SPLITS[place // 3 % 3]} for place, row in enumerate(reviews(63))]
    rows[3]["label"] = "1.0"  # a row of eval
    path = write_table(tmp_path, "csv", rows)
    with pytest.raises(InvalidInputError, match=r"no row of label '1\.0'"):
        inspect(params_for(path, split_by=by))
    found = inspect(params_for(path, split_by=by, unlabelled="keep"))
    assert found.labels.untrained == {"1.0": (0, 1, 0)}


def test_a_table_without_any_label(tmp_path: Path) -> None:
    path = write_table(tmp_path, "csv", [{**row, "label": None} for row in reviews(20)])
    with pytest.raises(InvalidInputError, match="no row has a label in column 'label'"):
        inspect(params_for(path, unlabelled="keep"))
