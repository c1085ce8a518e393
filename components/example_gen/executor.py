"""The work of ExampleGen: read, check, split and write the rows, on Beam."""

import dataclasses
import json
import logging
from typing import Any, cast

import apache_beam as beam
from apache_beam.transforms import combiners
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import SourceFile
from components.example_gen.beam_steps import (
    MergeFindings,
    MergeParts,
    PartitionRows,
    ReadFile,
    write_text,
)
from components.example_gen.fingerprint import CONTENT_FINGERPRINT_KEY
from components.example_gen.params import DataParams
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.reading.sources import find_files
from components.example_gen.splitting.analysis import SourceSummary, check_summary
from components.example_gen.splitting.splits import SPLITS, SplitPlanner
from components.example_gen.writing.parts import PARTS, REJECTED, Shard, WritePlan

DATA_PARAMS_KEY = "data_params"
EXAMPLES_KEY = "examples"
SUMMARY_FILE = "summary.json"

_SHARD_BYTES = 8 * 2**20  # of the source: some 20,000 reviews of 60 words
_PACKED_GROWTH = 4  # times; what a compressed file may take unpacked
_PACKED_NAMES = (".gz", ".parquet")
_MAX_SHARDS = 128  # all are open at a time
_logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class _FirstPass:
    """What the first pass has learnt and written.

    Attributes:
        summary: What the data are.
        parts: Shard and path of the parts written.
        again: Files that are to be read once more.
    """

    summary: SourceSummary
    parts: list[tuple[Shard, str]]
    again: list[SourceFile]


class RowCountError(RuntimeError):
    """Not every row that was read was written or rejected."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Write the rows of the configured files to the splits of an Examples artifact."""

    def Do(  # noqa: N802 (TFX's name)
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fill the artifact `examples`.

        It gets `Split-train`, `Split-eval` and `Split-test` with gzip TFRecord files of tf.Example,
        `summary.json` (a `SourceSummary`), and `rejects.jsonl` if rows were rejected.

        Args:
            input_dict: Empty.
            output_dict: `examples`: one Examples artifact.
            exec_properties: `data_params`: a `DataParams` as JSON.

        Raises:
            InvalidInputError: If the data cannot be used.
            RowCountError: If the rows written and rejected are not the rows read.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        params = DataParams.model_validate_json(exec_properties[DATA_PARAMS_KEY])
        examples = artifact_utils.get_single_instance(output_dict[EXAMPLES_KEY])
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        files = find_files(params)
        plan = _write_plan(files, params, examples)
        try:
            first = self._read(files, plan, examples.uri)
            check_summary(first.summary, params)
            plan = dataclasses.replace(plan, splits=first.summary.plan)
            written = self._write(first, plan, examples.uri)
        finally:
            if fileio.exists(plan.folders[PARTS]):
                fileio.rmtree(plan.folders[PARTS])
        _check_counts(first.summary, written)
        content = exec_properties.get(CONTENT_FINGERPRINT_KEY)
        _describe(examples, first.summary, written, content)

    def _read(self, files: tuple[SourceFile, ...], plan: WritePlan, uri: str) -> _FirstPass:
        """Read all files; write the rows whose split does not depend on others."""
        result = f"{uri}/.read.json"
        early = None if plan.params.stratify else plan
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Files" >> beam.Create(files)
                | "OneFilePerBundle" >> beam.Reshuffle()
                | "Read" >> beam.ParDo(ReadFile(plan.params, early))
                | "Merge" >> beam.CombineGlobally(MergeFindings(plan.params, files))
                | "Hand" >> beam.Map(write_text, result)
            )
        answer = _take(result)
        if "refusal" in answer:
            raise InvalidInputError(answer["refusal"])
        again = set(answer["again"])
        return _FirstPass(
            SourceSummary.model_validate_json(json.dumps(answer["summary"])),
            [((split, shard), path) for split, shard, path in answer["parts"]],
            [file for file in files if file.path in again],
        )

    def _write(self, first: _FirstPass, plan: WritePlan, uri: str) -> dict[str, int]:
        """Return the rows written by split, and those rejected."""
        result = f"{uri}/.written.json"
        columns = {name: ColumnType[kind.upper()] for name, kind in first.summary.columns.items()}
        with self._make_beam_pipeline() as pipeline:
            partitioned = (
                pipeline
                | "Files" >> beam.Create(first.again)
                | "OneFilePerBundle" >> beam.Reshuffle()
                | "Partition" >> beam.ParDo(PartitionRows(plan, columns))
            )
            _ = (
                (partitioned, pipeline | "Parts" >> beam.Create(first.parts))
                | "AllParts" >> beam.Flatten()
                | "PartsOfShard" >> beam.GroupByKey()
                | "Merge" >> beam.ParDo(MergeParts(plan))
                | "Count" >> beam.CombinePerKey(cast(Any, sum))  # Beam takes functions
                | "ToDict" >> combiners.ToDict()
                | "ToJson" >> beam.Map(json.dumps)
                | "Hand" >> beam.Map(write_text, result)
            )
        written: dict[str, int] = _take(result)
        return written


def _take(path: str) -> dict[str, Any]:
    """Read a pass's result and remove its file."""
    with fileio.open(path, "r") as file:
        content: dict[str, Any] = json.loads(file.read())
    fileio.remove(path)
    return content


def _write_plan(
    files: tuple[SourceFile, ...], params: DataParams, examples: types.Artifact
) -> WritePlan:
    """Plan before anything is read: files' sizes give the number of shards."""
    folders = {split: artifact_utils.get_split_uri([examples], split) for split in SPLITS}
    size = sum(
        file.size * (_PACKED_GROWTH if file.path.endswith(_PACKED_NAMES) else 1) for file in files
    )
    return WritePlan(
        params=params,
        splits=SplitPlanner(params).plan(),
        shards={
            split: min(_MAX_SHARDS, 1 + int(size * share) // _SHARD_BYTES)
            for split, share in _expected_shares(params).items()
        },
        folders=folders | {REJECTED: examples.uri, PARTS: f"{examples.uri}/.parts"},
    )


def _expected_shares(params: DataParams) -> dict[str, float]:
    """Give the share of each split; by time or name it is not known before all rows are read."""
    if params.deciding.time or params.deciding.split:
        return dict.fromkeys(SPLITS, 1 / len(SPLITS))
    shares: dict[str, float] = params.splits.model_dump()
    return shares


def _check_counts(summary: SourceSummary, written: dict[str, int]) -> None:
    expected = {**summary.plan.rows, REJECTED: summary.bad_rows}
    found = {name: written.get(name, 0) for name in expected}
    if found != expected:
        raise RowCountError(
            f"ExampleGen read {sum(expected.values())} rows of {', '.join(summary.files)} "
            f"and should have written {expected}, but wrote {found}; did a file change "
            "during the run?"
        )


def _describe(
    examples: types.Artifact,
    summary: SourceSummary,
    written: dict[str, int],
    content: str | None,
) -> None:
    examples.set_string_custom_property(
        "payload_format",
        example_gen_pb2.PayloadFormat.Name(example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE),
    )
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    for split in SPLITS:
        examples.set_int_custom_property(f"rows_{split}", written[split])
    examples.set_int_custom_property("rows_rejected", written.get(REJECTED, 0))
    # The execution's own record of it is lost where the node is taken from the cache.
    examples.set_string_custom_property(CONTENT_FINGERPRINT_KEY, content or "")
    write_text(summary.model_dump_json(indent=2) + "\n", f"{examples.uri}/{SUMMARY_FILE}")
    _logger.info("ExampleGen wrote %s", written)
