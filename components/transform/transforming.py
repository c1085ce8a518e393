"""Apply a transform graph to one file of examples, on a Beam worker."""

import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph in this process
import tensorflow_transform as tft
from tfx.dsl.io import fileio
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tensor_to_arrow import TensorsToRecordBatchConverter

from components.example_features import read_values
from components.tfrecords import read_tfrecord_batches, write_tfrecord_file
from components.transform.kept_tokens import Places, TokenIndex, text_key


class FilePair(NamedTuple):
    """A file of raw examples, and the file of transformed ones to make of it."""

    source: str
    target: str


class TransformedRows(NamedTuple):
    """The rows of a file, and how many of them were tokenized."""

    rows: int
    tokenized: int


@dataclass(frozen=True)
class TokenSource:
    """Tokens that need not be made.

    Attributes:
        folder: What `components.transform.kept_tokens.write_index` wrote.
        columns: The column of the texts, and that of the second ones of pairs.
    """

    folder: str
    columns: tuple[str, ...]


class TransformFile(beam.DoFn):
    """Transform one file; rows keep their order."""

    def __init__(self, graph: str, parts: str, source: TokenSource | None = None) -> None:
        """Remember the folders.

        Args:
            graph: Folder of TFX's transform graph.
            parts: Folder for files that are not finished.
            source: Where the tokens of texts may be; else all are made.
        """
        self._graph = graph
        self._parts = parts
        self._source = source
        self._kept: _KeptRows | None = None
        self._transform: Any = None
        self._converter: Any = None
        self._encoder: Any = None

    def setup(self) -> None:
        """Load the graph, once per worker."""
        output = tft.TFTransformOutput(self._graph)
        self._transform = _transform_function(output)
        outputs = self._transform.structured_outputs
        specs = {name: tf.type_spec_from_value(tensor) for name, tensor in outputs.items()}
        self._converter = TensorsToRecordBatchConverter(specs)
        self._encoder = RecordBatchToExamplesEncoder()
        if self._source is not None:
            self._kept = _KeptRows(output, self._source)

    def process(self, files: FilePair) -> Iterator[TransformedRows]:
        """Write under another name, then rename: a retried bundle leaves no half file.

        Args:
            files: What to read and to write.

        Yields:
            The number of rows.
        """
        unfinished = f"{self._parts}/{uuid.uuid4().hex}.gz"
        tokenized: list[int] = []
        rows = write_tfrecord_file(unfinished, self._transformed(files.source, tokenized))
        fileio.rename(unfinished, files.target, overwrite=True)
        yield TransformedRows(rows, sum(tokenized))

    def _transformed(self, source: str, tokenized: list[int]) -> Iterator[bytes]:
        for batch in read_tfrecord_batches(source):  # tf.data takes four times as long
            if self._kept is None:
                tokenized.append(len(batch))
                yield from self._encoded(self._transform(tf.constant(batch)))
            else:
                yield from self._with_kept(self._kept, batch, tokenized)

    def _with_kept(
        self, kept: "_KeptRows", batch: list[bytes], tokenized: list[int]
    ) -> Iterator[bytes]:
        places = kept.find(batch)
        there = (places >= 0).tolist()
        others = [record for record, is_there in zip(batch, there, strict=True) if not is_there]
        known = list(itertools.compress(batch, there))
        tokenized.append(len(others))
        made = self._encoded(self._transform(tf.constant(others))) if others else ()
        found = self._encoded(kept.transform(known, places[places >= 0])) if known else ()
        rows = {True: iter(found), False: iter(made)}
        yield from (next(rows[is_there]) for is_there in there)

    def _encoded(self, outputs: dict[str, Any]) -> list[bytes]:
        encoded: list[bytes] = self._encoder.encode(self._converter.convert(outputs))
        return encoded


class _KeptRows:
    """Transforms rows whose tokens are there: the graph makes what does not depend on texts."""

    def __init__(self, output: tft.TFTransformOutput, source: TokenSource) -> None:
        self._columns = {name.encode(): place for place, name in enumerate(source.columns)}
        self._index = TokenIndex(source.folder, pairs=len(source.columns) > 1)
        self._transform = _transform_function(output, without=source.columns)

    def find(self, batch: list[bytes]) -> Places:
        """Find the tokens of rows; -1 for those that have none."""
        return self._index.find([text_key(read_values(record, self._columns)) for record in batch])

    def transform(self, batch: list[bytes], places: Places) -> dict[str, Any]:
        """Transform rows whose tokens were found."""
        found = self._index.tokens(places)
        rows = np.repeat(np.arange(len(batch)), found.lengths)
        starts = np.cumsum(found.lengths) - found.lengths
        within = np.arange(len(rows)) - np.repeat(starts, found.lengths)
        shape = (len(batch), int(found.lengths.max()))
        at = np.stack([rows, within], axis=1)
        tokens = {
            name: tf.SparseTensor(at, values.astype(np.int64), shape)
            for name, values in found.values.items()
        }
        return {**self._transform(tf.constant(batch)), **tokens}


def _transform_function(output: tft.TFTransformOutput, without: Sequence[str] = ()) -> Any:
    """Give the graph as a function of serialized examples, or the part of it that needs no texts.

    Args:
        output: The graph.
        without: Columns that are not read.

    Returns:
        The function.
    """
    spec = output.raw_feature_spec()
    read = {name: feature for name, feature in spec.items() if name not in without}

    def transform(serialized: tf.Tensor) -> Any:
        return output.transform_raw_features(tf.io.parse_example(serialized, read))

    # The graph is finished: AutoGraph would spend 4 s on translating TFT's own Python.
    traced = tf.function(transform, autograph=False)
    return traced.get_concrete_function(tf.TensorSpec([None], tf.string))
