"""The rows of a split that a model gets wrong although it is sure of its answer."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import ROW_KEY
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.predictions.pushed_model import Predictor

DEFAULT_LIMIT = 20


@dataclass(frozen=True)
class LabelledRow:
    """A row of the examples.

    Attributes:
        key: The row's key.
        texts: The text, and for pairs the second one.
        label: As spelt in the data.
        columns: The columns that the evaluation is sliced by.
    """

    key: str
    texts: tuple[str, ...]
    label: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A row with a wrong prediction.

    Attributes:
        row: The row, with its true label.
        predicted: The wrong class.
        probability: What the model gives to it.
        true_probability: What it gives to the true class; 0 for one that it does not know.
    """

    row: LabelledRow
    predicted: str
    probability: float
    true_probability: float


@dataclass(frozen=True)
class Mistakes:
    """What a model gets wrong in a split.

    Attributes:
        split: The split.
        rows: How many rows have a label.
        wrong: How many of them the model gets wrong.
        worst: Those with the highest probability of the wrong class, highest first.
    """

    split: str
    rows: int
    wrong: int
    worst: tuple[Mistake, ...]


def find_mistakes(
    model_dir: Path,
    examples_uri: str,
    config: PipelineConfig,
    *,
    split: str = "test",
    limit: int = DEFAULT_LIMIT,
) -> Mistakes:
    """Classify the rows of a split and keep the worst mistakes.

    Args:
        model_dir: A version folder, or the folder of versions.
        examples_uri: Output `examples` of ExampleGen, or of the Preparer.
        config: The configuration of the run: it names the columns.
        split: `train`, `eval` or `test`.
        limit: How many mistakes to keep.

    Returns:
        The mistakes; rows of equal probability in the order of their keys.

    Raises:
        InvalidInputError: If there is no such split, or the model cannot be used.
    """
    rows = list(read_rows(examples_uri, split, config))
    columns = list(zip(*(row.texts for row in rows), strict=True)) or [()]
    with closing(Predictor(model_dir)) as predictor:
        predictions = predictor.predict(columns)
    places = {name: place for place, name in enumerate(predictions.classes)}
    wrong = [
        Mistake(
            row,
            label,
            float(found[places[label]]),
            float(found[places[row.label]]) if row.label in places else 0.0,
        )
        for row, label, found in zip(
            rows, predictions.labels, predictions.probabilities, strict=True
        )
        if label != row.label
    ]
    worst = sorted(wrong, key=lambda mistake: (-mistake.probability, mistake.row.key))
    return Mistakes(split, len(rows), len(wrong), tuple(worst[:limit]))


def read_rows(examples_uri: str, split: str, config: PipelineConfig) -> Iterator[LabelledRow]:
    """Read the labelled rows of a split.

    Args:
        examples_uri: Output `examples` of ExampleGen, or of the Preparer.
        split: `train`, `eval` or `test`.
        config: The configuration of the run: it names the columns.

    Yields:
        The rows that have a label, in the order of the files.

    Raises:
        InvalidInputError: If there is no such split.
    """
    import tensorflow as tf

    folder = f"{examples_uri}/Split-{split}"
    # No glob: the output folder may be called `a[1]`.
    there = tf.io.gfile.listdir(folder) if tf.io.gfile.isdir(folder) else []
    files = [f"{folder}/{name}" for name in sorted(there) if not name.startswith(".")]
    if not files:
        raise InvalidInputError(f"{examples_uri} has no split {split!r} (Split-{split})")
    pair = config.data.text_pair_column
    names = [config.data.text_column, *([pair] if pair else [])]
    rows = tf.data.TFRecordDataset(files, compression_type="GZIP")
    for serialized in rows.as_numpy_iterator():
        values = _values(tf.train.Example.FromString(serialized).features.feature)
        label = values.get(config.data.label_column)
        if label is not None:
            yield LabelledRow(
                key=values.get(ROW_KEY, ""),
                texts=tuple(values.get(name, "") for name in names),
                label=label,
                columns={name: values.get(name, "") for name in config.evaluate.slices},
            )


def _values(features: Any) -> dict[str, str]:
    """Spell the values of a row; a missing one is left out."""
    values = {}
    for name, feature in features.items():
        kind = feature.WhichOneof("kind")
        found = list(getattr(feature, kind).value) if kind else []
        if found:
            values[name] = _spelt(found[0])
    return values


def _spelt(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return f"{value:g}" if isinstance(value, float) else str(value)
