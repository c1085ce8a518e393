"""The work of `FileTransform`: TFT's analysis, then the examples, one file after the other.

TFX would send every row through Beam, which keeps all of them in memory on one machine; a file in
batches through the finished graph takes a fraction of the time and level memory.
"""

import json
import logging
from typing import Any

import apache_beam as beam
import tensorflow_transform.beam as tft_beam
from apache_beam.transforms import combiners
from tfx import types
from tfx.components.transform import executor_utils
from tfx.components.util import udf_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.transform.analysing import write_transform_graph
from components.transform.reusing import tokens_for
from components.transform.transforming import FilePair, TransformedRows, TransformFile

_EXAMPLES = "examples"
_SCHEMA = "schema"
_TRANSFORMED = "transformed_examples"
_GRAPH = "transform_graph"
_PREPROCESSING_FN = "preprocessing_fn"
_ANALYSED_SPLIT = "train"

TOKENS_PROPERTY = "tokens"
"""Custom property of the transformed examples: where the tokens come from, as a sentence."""

_logger = logging.getLogger(__name__)


class Executor(base_beam_executor.BaseBeamExecutor):
    """Write the transform graph as TFX does, and the transformed examples beside it."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Analyse the train split, then transform all.

        Args:
            input_dict: `examples` (gzip TFRecords of tf.Example) and `schema`.
            output_dict: `transform_graph` and `transformed_examples`.
            exec_properties: `preprocessing_fn` and `custom_config`, as TFX's Transform has them.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict[_EXAMPLES])
        transformed = artifact_utils.get_single_instance(output_dict[_TRANSFORMED])
        transformed.split_names = examples.split_names
        graph = artifact_utils.get_single_uri(output_dict[_GRAPH])
        schema = io_utils.get_only_uri_in_dir(artifact_utils.get_single_uri(input_dict[_SCHEMA]))
        self._analyse(examples, schema, exec_properties, graph)
        parts = f"{transformed.uri}/.parts"
        fileio.makedirs(parts)
        tokens = tokens_for(exec_properties, f"{parts}/tokens")
        work = TransformFile(graph, parts, tokens.source if tokens else None)
        result = f"{parts}/rows.json"
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Files" >> beam.Create(_file_pairs(examples, transformed))
                | "OneFilePerBundle" >> beam.Reshuffle()
                | "Transform" >> beam.ParDo(work)
                | "All" >> combiners.ToList()
                | "Hand" >> beam.Map(_write_rows, result)
            )
        if tokens:
            said = tokens.said(*_read_rows(result))
            _logger.info("Transform: %s", said)
            transformed.set_string_custom_property(TOKENS_PROPERTY, said)
        fileio.rmtree(parts)

    def _analyse(
        self, examples: types.Artifact, schema: str, exec_properties: dict[str, Any], graph: str
    ) -> None:
        function = executor_utils.MaybeBindCustomConfig(
            exec_properties, udf_utils.get_fn(exec_properties, _PREPROCESSING_FN)
        )
        files = _files(artifact_utils.get_split_uri([examples], _ANALYSED_SPLIT))
        temporary = f"{graph}/.temporary"
        with (
            self._make_beam_pipeline() as pipeline,
            tft_beam.Context(temp_dir=temporary, use_deep_copy_optimization=True),
        ):
            read = io_utils.SchemaReader().read(schema)
            write_transform_graph(pipeline, files, read, function, graph)
        fileio.rmtree(temporary)


def _write_rows(files: list[TransformedRows], path: str) -> None:
    with fileio.open(path, "w") as file:
        file.write(json.dumps(files))


def _read_rows(path: str) -> tuple[int, int]:
    """Return all rows, and those that were tokenized."""
    with fileio.open(path, "r") as file:
        rows, tokenized = zip(*json.loads(file.read()), strict=True)
    return sum(rows), sum(tokenized)


def _file_pairs(examples: types.Artifact, transformed: types.Artifact) -> list[FilePair]:
    """List what is read and where it goes; the names are TFX's."""
    pairs = []
    for split in artifact_utils.decode_split_names(examples.split_names):
        target = artifact_utils.get_split_uri([transformed], split)
        fileio.makedirs(target)
        files = _files(artifact_utils.get_split_uri([examples], split))
        pairs += [
            FilePair(path, f"{target}/{_TRANSFORMED}-{place:05d}-of-{len(files):05d}.gz")
            for place, path in enumerate(files)
        ]
    return pairs


def _files(folder: str) -> list[str]:
    return sorted(str(path) for path in fileio.glob(f"{folder}/*"))
