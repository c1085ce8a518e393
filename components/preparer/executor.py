"""The work of the Preparer: two passes over the files, and a decision in between.

Rows are cleaned and mapped file by file; what must be known of all rows at once (equal texts, sizes
of classes) is a few bytes for each, so memory stays level.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from apache_beam.transforms import combiners
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from bert_aas.preparation.summary import (
    DROPPED_FILE,
    LABEL_ERRORS_FILE,
    SUMMARY_FILE,
    PreparationSummary,
)
from components.preparer.columns import RowColumns, check_dropped_columns
from components.preparer.deciding import Decided
from components.preparer.judging import LabelJudge
from components.preparer.params import PrepareParams
from components.preparer.parts import InputFile, Part
from components.preparer.preparing.files import PrepareFile
from components.preparer.summarizing import summarize
from components.preparer.writing import WriteFile, Written, join_dropped

PARAMS_KEY = "prepare_params"
COLUMNS_KEY = "columns"
INPUT_KEY = "rows"
EXAMPLES_KEY = "examples"
_KEPT_PROPERTIES = ("payload_format", "file_format", "content_fingerprint")
_REJECTED = "rows_rejected"
_logger = logging.getLogger(__name__)


class RowCountError(RuntimeError):
    """Not every row that was read was written or dropped."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Write the prepared rows of an Examples artifact to another one."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fill the artifact `examples`.

        Args:
            input_dict: `rows`: the Examples of ExampleGen.
            output_dict: `examples`: one Examples artifact.
            exec_properties: `prepare_params`, a `PrepareParams`, and `columns`, a `RowColumns`,
                both as JSON.

        Raises:
            InvalidInputError: If a column to drop is not there, or too few rows are left.
            RowCountError: If the rows written and dropped are not the rows read.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        params = PrepareParams.model_validate_json(exec_properties[PARAMS_KEY])
        columns = RowColumns.model_validate_json(exec_properties[COLUMNS_KEY])
        rows = artifact_utils.get_single_instance(input_dict[INPUT_KEY])
        examples = artifact_utils.get_single_instance(output_dict[EXAMPLES_KEY])
        examples.split_names = rows.split_names
        folder = f"{examples.uri}/.parts"
        fileio.makedirs(folder)
        try:
            summary = self._prepare(rows, examples, params, columns, folder)
        finally:
            fileio.rmtree(folder)
        _describe(examples, rows, summary)

    def _prepare(
        self,
        rows: types.Artifact,
        examples: types.Artifact,
        params: PrepareParams,
        columns: RowColumns,
        folder: str,
    ) -> PreparationSummary:
        splits = artifact_utils.decode_split_names(rows.split_names)
        first = PrepareFile(params, columns, folder)
        found = self._pass(_input_files(rows, splits), first, f"{folder}/prepared.json")
        parts = sorted(map(Part.read, found), key=lambda part: part.file.number)
        found_columns = {name for part in parts for name in part.columns}
        needed = columns.model_dump().values()
        check_dropped_columns(params.drop_columns, found_columns, needed)
        judge = None if params.label_errors == "off" else LabelJudge(parts, columns, params)
        decided = Decided(parts, params, splits, judge)
        decided.check()
        decided.save(parts)
        folders = {split: artifact_utils.get_split_uri([examples], split) for split in splits}
        second = WriteFile(columns, params, folders)
        written = [Written(*each) for each in self._pass(parts, second, f"{folder}/written.json")]
        fileio.makedirs(f"{examples.uri}/{DROPPED_FILE}".rpartition("/")[0])
        join_dropped((part.folder for part in parts), f"{examples.uri}/{DROPPED_FILE}")
        summary = summarize(parts, decided, written, params)
        if judge:
            judge.write(f"{examples.uri}/{LABEL_ERRORS_FILE}")
            summary = summary.model_copy(update={"label_errors": judge.summary()})
        _check_counts(summary, written)
        return summary

    def _pass(self, inputs: Sequence[Any], work: beam.DoFn, result: str) -> list[Any]:
        """Do some work for each input; it gives JSON, which a file hands back."""
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Inputs" >> beam.Create(inputs)
                | "OnePerBundle" >> beam.Reshuffle()
                | "Work" >> beam.ParDo(work)
                | "All" >> combiners.ToList()
                | "Hand" >> beam.Map(_write_list, result)
            )
        with fileio.open(result, "r") as file:
            return [json.loads(line) for line in file.read().splitlines()]


def _write_list(lines: list[str], path: str) -> None:
    with fileio.open(path, "w") as file:
        file.write("\n".join(lines))


def _input_files(rows: types.Artifact, splits: Sequence[str]) -> list[InputFile]:
    found = [
        (split, str(path))
        for split in splits
        for path in sorted(fileio.glob(f"{artifact_utils.get_split_uri([rows], split)}/*"))
    ]
    return [InputFile(number, split, path) for number, (split, path) in enumerate(found)]


def _check_counts(summary: PreparationSummary, written: Sequence[Written]) -> None:
    for split, counts in summary.splits.items():
        rows = sum(each.rows for each in written if each.split == split)
        if rows != counts.written or counts.read != counts.kept + counts.dropped:
            raise RowCountError(
                f"Preparer read {counts.read} rows of the split '{split}', dropped "
                f"{counts.dropped} and should have written {counts.written}, but wrote {rows}"
            )


def _describe(examples: types.Artifact, rows: types.Artifact, summary: PreparationSummary) -> None:
    for name in _KEPT_PROPERTIES:
        examples.set_string_custom_property(name, rows.get_string_custom_property(name))
    for split, counts in summary.splits.items():
        examples.set_int_custom_property(f"rows_{split}", counts.written)
    examples.set_int_custom_property(_REJECTED, rows.get_int_custom_property(_REJECTED))
    with fileio.open(f"{examples.uri}/{SUMMARY_FILE}", "w") as file:
        file.write(summary.model_dump_json(indent=2) + "\n")
    _logger.info("Preparer wrote %s", {name: c.written for name, c in summary.splits.items()})
