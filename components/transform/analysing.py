"""Analyse raw examples with TFT's own API, without TFX's way of reading them.

TFX's Transform sends each record by itself through Beam before it makes the batches that TFT
analyses, 11 of the 35 microseconds that a row took. Here files are decoded in batches, by
TensorFlow: tfx_bsl's decoder takes five times as long for one column of many.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata.dataset_metadata import DatasetMetadata
from tensorflow_transform.tf_metadata.schema_utils import schema_as_feature_spec
from tfx_bsl.tfxio.tensor_adapter import TensorAdapterConfig
from tfx_bsl.tfxio.tensor_to_arrow import TensorsToRecordBatchConverter

from bert_aas.tables.arrow import pa
from components.tfrecords import read_tfrecord_batches

Preprocessing = Callable[[dict[str, Any]], dict[str, Any]]


def write_transform_graph(
    pipeline: beam.Pipeline,
    files: Iterable[str],
    schema: schema_pb2.Schema,
    preprocessing_fn: Preprocessing,
    graph: str,
) -> None:
    """Add the steps that analyse files and write the transform graph, as TFX's Transform does.

    Args:
        pipeline: Where to add them, within a `tft_beam.Context`.
        files: Gzip TFRecords of tf.Example; only the columns that are analysed are decoded.
        schema: Describes them.
        preprocessing_fn: What to analyse.
        graph: Folder for the graph with its vocabularies and metadata.
    """
    features = schema_as_feature_spec(schema).feature_spec
    specs = {name: _type_spec(feature) for name, feature in features.items()}
    columns = list(tft.get_analyze_input_columns(preprocessing_fn, specs))
    converter = TensorsToRecordBatchConverter({name: specs[name] for name in columns})
    decode = DecodeFile({name: features[name] for name in columns})
    batches = (
        pipeline
        | "Files" >> beam.Create(list(files))
        | "OneFilePerBundle" >> beam.Reshuffle()
        | "Decode" >> beam.ParDo(decode).with_output_types(pa.RecordBatch)
    )
    form = TensorAdapterConfig(
        converter.arrow_schema(), converter.tensor_representations(), original_type_specs=specs
    )
    data = (batches, form)
    function = data | "Analyse" >> tft_beam.AnalyzeDataset(preprocessing_fn, pipeline=pipeline)
    _ = function | "Graph" >> tft_beam.WriteTransformFn(graph)
    metadata = f"{graph}/{tft.TFTransformOutput.RAW_METADATA_DIR}"
    _ = DatasetMetadata(schema) | "RawMetadata" >> tft_beam.WriteMetadata(metadata, pipeline)


class DecodeFile(beam.DoFn):
    """Decode some columns of a file of tf.Examples."""

    def __init__(self, features: dict[str, Any]) -> None:
        """Choose the columns.

        Args:
            features: How to parse them, as for `tf.io.parse_example`.
        """
        self._features = features
        self._parse: Any = None
        self._converter: Any = None

    def setup(self) -> None:
        """Trace the parser, once per worker."""
        specs = {name: _type_spec(feature) for name, feature in self._features.items()}
        self._converter = TensorsToRecordBatchConverter(specs)
        self._parse = tf.function(
            lambda serialized: tf.io.parse_example(serialized, self._features),
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    def process(self, path: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in batches."""
        for batch in read_tfrecord_batches(path):
            yield self._converter.convert(self._parse(tf.constant(batch)))


def _type_spec(feature: Any) -> tf.TypeSpec:
    """Describe the tensor that a batch's values of a feature are parsed to."""
    if isinstance(feature, tf.io.FixedLenFeature):
        return tf.TensorSpec([None, *feature.shape], feature.dtype)
    return tf.SparseTensorSpec([None, None], feature.dtype)
