from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from bert_aas.preparation.params import TextRules
from bert_aas.preparation.texts.cleaning import TextCleaner
from models.params import FeatureNames, PreprocessingParams, TransformParams
from models.preprocessing import as_strings, preprocessing_fn
from tests.tiny_encoder import VOCAB

RAW = {
    "review": tf.io.VarLenFeature(tf.string),
    "title": tf.io.VarLenFeature(tf.string),
    "stars": tf.io.VarLenFeature(tf.int64),
    "row_key": tf.io.FixedLenFeature([], tf.string),
}
ROWS: list[dict[str, Any]] = [
    {"review": ["Good shirt, very good shirt"], "title": ["love"], "stars": [1], "row_key": "a"},
    {"review": [], "title": [], "stars": [-1], "row_key": "b"},
    {"review": [""], "title": ["bad"], "stars": [1], "row_key": "c"},
]


def _ids(*pieces: str) -> list[int]:
    return [VOCAB.index(piece) for piece in pieces]


def _config(encoder: Path, text_pair: str | None) -> dict[str, str]:
    params = PreprocessingParams(
        features=FeatureNames(text="review", text_pair=text_pair, label="stars"),
        transform=TransformParams(max_seq_length=6),
        vocab_path=str(encoder / "assets" / "vocab.txt"),
        do_lower_case=True,
    )
    return {"params": params.model_dump_json(), "fingerprint": "whatever"}


def _transform(config: dict[str, str], folder: Path) -> tuple[Path, Path]:
    """Run Transform's Beam code; give the folders of the graph and of the TFRecords."""
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(RAW))
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temporary")):
        raw = pipeline | beam.Create(ROWS)
        (rows, found), function = (raw, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: preprocessing_fn(inputs, config)
        )
        coder = tft.coders.ExampleProtoCoder(found.schema)
        _ = rows | beam.Map(coder.encode) | beam.io.WriteToTFRecord(str(folder / "rows"))
        _ = function | tft_beam.WriteTransformFn(str(folder / "graph"))
    return folder / "graph", next(folder.glob("rows*"))


@pytest.fixture(scope="module")
def single(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _transform(_config(tiny_encoder, None), tmp_path_factory.mktemp("single"))


@pytest.fixture(scope="module")
def pairs(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _transform(_config(tiny_encoder, "title"), tmp_path_factory.mktemp("pairs"))


def _read(folders: tuple[Path, Path]) -> dict[bytes, dict[str, tf.Tensor]]:
    """Parse the written rows as training does, by row key."""
    spec = tft.TFTransformOutput(str(folders[0])).transformed_feature_spec()
    rows = [
        tf.io.parse_single_example(record, spec)
        for record in tf.data.TFRecordDataset(str(folders[1]))
    ]
    return {row["row_key"].numpy()[0]: row for row in rows}


def _values(row: dict[str, tf.Tensor], name: str) -> list[int]:
    return [int(value) for value in row[name].values]


def test_rows_are_written_without_padding(single: tuple[Path, Path]) -> None:
    rows = _read(single)

    cut = _ids("[CLS]", "good", "shirt", ",", "very", "[SEP]")
    assert _values(rows[b"a"], "input_word_ids") == cut
    assert set(rows[b"a"]) == {"input_word_ids", "label", "row_key"}


def test_missing_and_empty_texts_are_two_special_tokens(single: tuple[Path, Path]) -> None:
    rows = _read(single)

    assert _values(rows[b"b"], "input_word_ids") == _ids("[CLS]", "[SEP]")
    assert _values(rows[b"c"], "input_word_ids") == _ids("[CLS]", "[SEP]")


def test_labels_become_ids_of_the_saved_vocabulary(single: tuple[Path, Path]) -> None:
    rows = _read(single)

    assert [rows[key]["label"].numpy().tolist() for key in (b"a", b"b", b"c")] == [[0], [1], [0]]
    assert tft.TFTransformOutput(str(single[0])).vocabulary_by_name("label") == [b"1", b"-1"]


def test_pairs_get_segments(pairs: tuple[Path, Path]) -> None:
    rows = _read(pairs)

    cut = _ids("[CLS]", "good", "shirt", "[SEP]", "love", "[SEP]")
    assert _values(rows[b"a"], "input_word_ids") == cut
    assert _values(rows[b"a"], "input_type_ids") == [0, 0, 0, 0, 1, 1]
    assert _values(rows[b"b"], "input_word_ids") == _ids("[CLS]", "[SEP]", "[SEP]")
    assert _values(rows[b"b"], "input_type_ids") == [0, 0, 1]


def test_the_saved_graph_needs_texts_only(single: tuple[Path, Path]) -> None:
    layer = tft.TFTransformOutput(str(single[0])).transform_features_layer()

    outputs = layer({"review": tf.sparse.from_dense([["not bad"]])})

    assert set(outputs) == {"input_word_ids"}
    assert outputs["input_word_ids"].values.numpy().tolist() == _ids("[CLS]", "not", "bad", "[SEP]")


def test_an_unknown_label_gets_no_class(single: tuple[Path, Path]) -> None:
    layer = tft.TFTransformOutput(str(single[0])).transform_features_layer()

    outputs = layer({"stars": tf.sparse.from_dense(tf.constant([[7], [-1]], tf.int64))})

    assert outputs["label"].numpy().tolist() == [[-1], [1]]


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (tf.constant(["a", "b"]), [b"a", b"b"]),
        (tf.constant([["a", "x"], ["b", "y"]]), [b"a", b"b"]),
        (tf.ragged.constant([["a", "x"], [], ["b"]]), [b"a", b"", b"b"]),
        (tf.sparse.from_dense([[0, 0], [3, 0]]), [b"", b"3"]),
        (tf.constant([[0.5], [1.0]]), [b"0.5", b"1"]),
        (tf.constant([[True]]), [b"true"]),
    ],
    ids=["vector", "matrix", "ragged", "sparse", "floats", "booleans"],
)
def test_any_feature_becomes_one_string_per_row(feature: Any, expected: list[bytes]) -> None:
    assert as_strings(feature).numpy().tolist() == expected


@pytest.mark.parametrize("pair", [None, "title"])
def test_raw_texts_get_the_ids_of_cleaned_ones(tiny_encoder: Path, pair: str | None) -> None:
    rules = TextRules(personal_data=("email",))
    params = PreprocessingParams(
        features=FeatureNames(text="review", text_pair=pair, label="stars"),
        transform=TransformParams(max_seq_length=24),
        vocab_path=str(tiny_encoder / "assets" / "vocab.txt"),
        do_lower_case=True,
        text_rules=rules,
    )
    raw = ["<b>good</b>&nbsp;shirt", "to a@b.org, \x1b good"]
    clean = [TextCleaner(rules)(text).text for text in raw]
    assert clean == ["good shirt", "to [EMAIL], good"]

    def ids(texts: list[str], given: PreprocessingParams) -> list[list[int]]:
        inputs = {name: tf.constant(texts) for name in ("review", "title")}
        outputs = preprocessing_fn(inputs, {"params": given.as_json()})
        found: list[list[int]] = tf.sparse.to_dense(outputs["input_word_ids"]).numpy().tolist()
        return found

    without = params.model_copy(update={"text_rules": None})
    assert ids(raw, params) == ids(clean, params) == ids(clean, without)
    assert ids(raw, params) != ids(raw, without)


def test_the_analysis_looks_at_labels_alone(tiny_encoder: Path) -> None:
    params = PreprocessingParams(
        features=FeatureNames(text="review", label="stars"),
        vocab_path=str(tiny_encoder / "assets" / "vocab.txt"),
        do_lower_case=True,
        text_rules=TextRules(personal_data=("email", "phone", "card_number")),
    )
    specs = {
        name: tf.SparseTensorSpec([None, None], RAW[name].dtype) for name in ("review", "stars")
    }
    columns = tft.get_analyze_input_columns(
        lambda inputs: preprocessing_fn(inputs, {"params": params.as_json()}), specs
    )
    assert columns == ["stars"]  # else texts would be cleaned and tokenized twice
