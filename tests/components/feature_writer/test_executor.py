"""The component's work on a few rows: raw and transformed examples become records."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.store import FeatureStore
from bert_aas.preparation.label_rules import LabelRules
from components.feature_writer.executor import Executor
from components.feature_writer.params import FeatureParams, WriterSettings
from components.tfrecords import write_tfrecord_file
from tests.bert_aas.features.records import read

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "train": [("1", "good", 5, "2026-01-02"), ("2", None, 1, "2026-01-03T10:00:00+02:00")],
    "eval": [("3", "schön", 5, "2026-01-04")],
}
CLASSES = (b"5", b"1")


def example(**values: Any) -> bytes:
    made = tf.train.Example()
    for name, value in values.items():
        feature = made.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif value is not None:
            feature.int64_list.value.extend(value if isinstance(value, list) else [value])
    return bytes(made.SerializeToString())


def examples(folder: Path, rows: dict[str, list[bytes]]) -> standard_artifacts.Examples:
    made = standard_artifacts.Examples()
    made.uri = str(folder)
    made.split_names = artifact_utils.encode_split_names(list(rows))
    for split, records in rows.items():
        (folder / f"Split-{split}").mkdir(parents=True)
        for place in range(2):  # two files, whose order decides
            path = folder / f"Split-{split}" / f"part-{place:05d}-of-00002.gz"
            write_tfrecord_file(str(path), records[place::2])
    return made


class Project:
    """Raw and transformed examples, and a folder for feature groups."""

    def __init__(self, folder: Path, rows: dict[str, list[tuple[Any, ...]]] = ROWS) -> None:
        self.store = FeatureStore(folder / "groups")
        self._folder = folder
        raw, made = {}, {}
        for split, listed in rows.items():
            raw[split] = [
                example(row_key=key, review=text, stars=stars, day=day, label=f"column {key}")
                for key, text, stars, day in listed
            ]
            made[split] = [
                example(
                    row_key=key,
                    input_word_ids=[2, int(key), 3],
                    label=CLASSES.index(str(stars).encode()),
                )
                for key, _, stars, _ in listed
            ]
        self._raw, self._made = examples(folder / "raw", raw), examples(folder / "made", made)

    def write(self, params: FeatureParams | None = None, **told: Any) -> dict[str, Any]:
        settings = WriterSettings(
            params=params or FeatureParams(enabled=True, event_time_column="day"),
            group="reviews",
            store=str(self.store.root),
            text="review",
            label="stars",
            slices=("label",),
            **told,
        )
        written, graph = standard_artifacts.String(), standard_artifacts.TransformGraph()
        graph.uri, written.uri = str(self._folder / "graph"), str(self._folder / "written")
        context = Executor.Context(pipeline_run_id="run-7")
        Executor(context).Do(
            {
                "examples": [self._raw],
                "transformed_examples": [self._made],
                "transform_graph": [graph],
            },
            {"written": [written]},
            {"feature_settings": settings.model_dump_json()},
        )
        said: dict[str, Any] = json.loads(Path(written.uri).read_text())
        return said


class Graph:
    """Stands for TFX's transform graph: the classes alone."""

    classes = CLASSES

    def __init__(self, uri: str) -> None:
        del uri

    def vocabulary_by_name(self, name: str) -> list[bytes]:
        assert name == "label"
        return list(self.classes)


@pytest.fixture(autouse=True)
def _graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tensorflow_transform.TFTransformOutput", Graph)


def test_every_row_is_a_record_with_types(tmp_path: Path) -> None:
    project = Project(tmp_path)
    said = project.write()
    group = project.store.group("reviews")
    columns = group.version().definition.columns
    assert said == {
        **{"group": "reviews", "version": 1, "rows": 3, "is_new": True},
        **{"store": str(project.store.root), "columns": columns},
    }
    assert columns == {
        "row_key": "string",
        "event_time": "timestamp",
        "text": "string",
        "input_ids": "list<int32>",
        "input_mask": "list<int32>",
        "segment_ids": "list<int32>",
        "label_id": "int64",
        "label": "string",
        "split": "string",
        "run_id": "string",
        "slice_label": "string",
    }
    found = {row[0]: (row[1].isoformat(), *row[2:]) for row in read(project.store, "reviews")}
    tokens = {key: ([2, int(key), 3], [1, 1, 1], [0, 0, 0]) for key in found}
    assert found == {
        "1": ("2026-01-02T00:00:00+00:00", "good", *tokens["1"], 0, "5", "train", *of_run("1")),
        "2": ("2026-01-03T08:00:00+00:00", None, *tokens["2"], 1, "1", "train", *of_run("2")),
        "3": ("2026-01-04T00:00:00+00:00", "schön", *tokens["3"], 0, "5", "eval", *of_run("3")),
    }


def of_run(key: str) -> tuple[str, str]:
    return "run-7", f"column {key}"


def test_the_same_rows_are_written_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write()
    again = project.write()
    assert (again["rows"], again["is_new"]) == (3, False)
    assert len(read(project.store, "reviews", history=True)) == 3


def test_another_encoder_and_other_classes_are_other_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    assert project.write(fingerprint="a")["version"] == 1
    assert project.write(fingerprint="b")["version"] == 2
    monkeypatch.setattr(Graph, "classes", CLASSES[::-1])
    assert project.write(fingerprint="b")["version"] == 3
    assert project.write(fingerprint="b")["is_new"] is False


def test_without_a_column_the_time_is_that_of_the_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(FeatureParams(enabled=True))
    assert len({row[1] for row in read(project.store, "reviews")}) == 1


def test_repeated_rows_are_one_record(tmp_path: Path) -> None:
    """Upsampling repeats rows."""
    rows = {"train": [*ROWS["train"], ROWS["train"][0], ROWS["train"][0]]}
    project = Project(tmp_path, rows)
    assert project.write()["rows"] == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            ("1", "other", 5, "2026-01-02"),
            "two rows with different texts or labels have the key '1'",
        ),
        (("4", "good", 5, "soon"), "row '4' has 'soon' in the column 'day', which is no time"),
        (("4", "good", 5, None), "row '4' has no value in the column 'day'"),
    ],
)
def test_what_cannot_be_kept_leaves_nothing(
    tmp_path: Path, row: tuple[Any, ...], reason: str
) -> None:
    project = Project(tmp_path, {"train": [*ROWS["train"], row]})
    with pytest.raises(InvalidInputError, match=reason):
        project.write()
    assert read(project.store, "reviews") == []


def test_files_of_other_rows_are_no_pair(tmp_path: Path) -> None:
    project = Project(tmp_path)
    path = tmp_path / "made" / "Split-train" / "part-00000-of-00002.gz"
    write_tfrecord_file(str(path), [example(row_key="9", input_word_ids=[1], label=0)])
    with pytest.raises(RuntimeError, match="does not hold the rows of"):
        project.write()


def test_the_group_knows_what_became_of_the_labels(tmp_path: Path) -> None:
    rules = LabelRules(label_map={"5": ("4", "5")}, drop_labels=())
    project = Project(tmp_path)
    assert project.write()["version"] == 1
    assert project.write(label_rules=rules)["version"] == 2
    found = [each.definition.label_rules for each in project.store.group("reviews").versions]
    assert found == [None, rules]
