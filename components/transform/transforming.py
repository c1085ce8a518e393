"""Apply a transform graph to one file of examples, on a Beam worker."""

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph in this process
import tensorflow_transform as tft
from tfx.dsl.io import fileio
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tensor_to_arrow import TensorsToRecordBatchConverter

from components.tfrecords import read_tfrecord_batches, write_tfrecord_file


class FilePair(NamedTuple):
    """A file of raw examples, and the file of transformed ones to make of it."""

    source: str
    target: str


class TransformFile(beam.DoFn):
    """Transform one file; rows keep their order."""

    def __init__(self, graph: str, parts: str) -> None:
        """Remember the folders.

        Args:
            graph: Folder of TFX's transform graph.
            parts: Folder for files that are not finished.
        """
        self._graph = graph
        self._parts = parts
        self._transform: Any = None
        self._converter: Any = None

    def setup(self) -> None:
        """Load the graph, once per worker."""
        self._transform = _transform_function(tft.TFTransformOutput(self._graph))
        outputs = self._transform.structured_outputs
        specs = {name: tf.type_spec_from_value(tensor) for name, tensor in outputs.items()}
        self._converter = TensorsToRecordBatchConverter(specs)

    def process(self, files: FilePair) -> Iterator[int]:
        """Write under another name, then rename: a retried bundle leaves no half file.

        Args:
            files: What to read and to write.

        Yields:
            The number of rows.
        """
        unfinished = f"{self._parts}/{uuid.uuid4().hex}.gz"
        rows = write_tfrecord_file(unfinished, self._transformed(files.source))
        fileio.rename(unfinished, files.target, overwrite=True)
        yield rows

    def _transformed(self, source: str) -> Iterator[bytes]:
        encoder = RecordBatchToExamplesEncoder()
        for batch in read_tfrecord_batches(source):  # tf.data takes four times as long
            outputs = self._transform(tf.constant(batch))
            yield from encoder.encode(self._converter.convert(outputs))


def _transform_function(output: tft.TFTransformOutput) -> Any:
    spec = output.raw_feature_spec()

    def transform(serialized: tf.Tensor) -> Any:
        return output.transform_raw_features(tf.io.parse_example(serialized, spec))

    # The graph is finished: AutoGraph would spend 4 s on translating TFT's own Python.
    traced = tf.function(transform, autograph=False)
    return traced.get_concrete_function(tf.TensorSpec([None], tf.string))
