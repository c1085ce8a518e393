"""Give a node's results to Kubeflow Pipelines, whose UI shows metrics, matrix and report.

KFP's launcher gives every step an `ExecutorInput` (where its artifacts belong) and reads an
`ExecutorOutput` (what it should note about them) when the step has ended.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from kfp import dsl
from kfp.pipeline_spec import pipeline_spec_pb2

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from pipeline.graph.catalogue.order import entry_of

if TYPE_CHECKING:
    from pipeline.graph.compiled import CompiledPipeline

_TYPES: dict[str, type[Any]] = {
    "Metrics": dsl.Metrics,
    "ClassificationMetrics": dsl.ClassificationMetrics,
    "HTML": dsl.HTML,
    "Model": dsl.Model,
}


@dataclass(frozen=True)
class _Run:
    """The run whose results are given to Kubeflow Pipelines."""

    compiled: CompiledPipeline
    run_id: str


def write_outputs(
    executor_input: str, compiled: CompiledPipeline, run_id: str, node_id: str
) -> None:
    """Write the artifacts of a node's step, and the note about them.

    Args:
        executor_input: KFP's `ExecutorInput` as JSON.
        compiled: The pipeline with the configuration of the run.
        run_id: Id of the run.
        node_id: Id of the node, which has succeeded.

    Raises:
        InvalidInputError: If KFP gave nothing readable, or if an artifact cannot be written.
    """
    outputs = _parse(executor_input).outputs
    try:
        artifacts = {
            name: _write(_Run(compiled, run_id), node_id, name, _only(name, given))
            for name, given in outputs.artifacts.items()
        }
        _write_note(artifacts, Path(outputs.output_file))
    except OSError as exc:
        raise InvalidInputError(
            f"the outputs of {node_id} for Kubeflow Pipelines cannot be written: {exc}"
        ) from exc


def _parse(executor_input: str) -> Any:
    message = pipeline_spec_pb2.ExecutorInput()
    try:
        # Later backends tell more than this release knows.
        json_format.Parse(executor_input, message, ignore_unknown_fields=True)
    except json_format.ParseError as exc:
        raise InvalidInputError(
            f"--executor-input is not Kubeflow Pipelines' ExecutorInput: {exc}"
        ) from exc
    if not message.outputs.output_file:
        raise InvalidInputError("--executor-input has no outputs.outputFile")
    return message


def _only(name: str, given: Any) -> Any:
    if len(given.artifacts) != 1:
        raise InvalidInputError(
            f"--executor-input has {len(given.artifacts)} artifacts for {name}; it must have one"
        )
    return given.artifacts[0]


def _write(run: _Run, node_id: str, name: str, given: Any) -> Any:
    kind = entry_of(node_id).kubeflow_outputs.get(name)
    if kind is None:
        raise InvalidInputError(
            f"--executor-input asks {node_id} for {name}, which it does not have"
        )
    artifact = _TYPES[kind](
        name=given.name, uri=given.uri, metadata=json_format.MessageToDict(given.metadata)
    )
    # The path at which KFP's launcher picks up what belongs to the URI: /gcs/…, /minio/…, /s3/…
    Path(artifact.path).parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[name](run, artifact)
    return artifact


def _write_metrics(run: _Run, artifact: dsl.Metrics) -> None:
    """Log the figures of the test split and the verdict."""
    summary = _summary(run)
    for name, value in summary["metrics"].items():
        if value is not None:
            artifact.log_metric(name, value)
    artifact.log_metric("blessed", float(summary["blessed"]))
    artifact.metadata["reason"] = summary["reason"]


def _write_confusion_matrix(run: _Run, artifact: dsl.ClassificationMetrics) -> None:
    """Log how often each class was taken for each other one; rows are the true classes."""
    from pipeline.report.sections.evaluation import read_evaluation, read_vocabulary
    from pipeline.runners.run_files import read_records

    records = read_records(run.compiled, run.run_id)
    evaluation = records["Evaluator"].outputs["evaluation"][0]
    classes = read_vocabulary(records["Transform"].outputs["transform_graph"][0].uri)
    section = read_evaluation(evaluation.uri, classes, run.compiled.config.evaluate.metric)
    artifact.log_confusion_matrix(
        [group.name for group in section.by_class], [list(row) for row in section.confusion]
    )


def _write_report(run: _Run, artifact: dsl.HTML) -> None:
    """Copy the run's report, which needs no other file."""
    from pipeline.runners.run_files import REPORT_FILE, write_run_files

    with tempfile.TemporaryDirectory() as folder:
        write_run_files(run.compiled, run.run_id, folder, None)
        shutil.copyfile(Path(folder, REPORT_FILE), artifact.path)


def _write_model(run: _Run, artifact: dsl.Model) -> None:
    """Say where the model was pushed.

    The artifact keeps KFP's own URI: its launcher uploads what lies there, and fails if the URI
    is of another bucket than that of its artifacts.
    """
    pushed = _summary(run)["pushed_model"]
    told = {"pushed": pushed is not None, "framework": "TensorFlow"}
    if pushed is not None:
        told |= {"pushed_to": pushed, "version": Path(pushed).name}
    artifact.metadata.update(told)
    write_text(Path(artifact.path), json.dumps(told, indent=2))


_WRITERS: dict[str, Callable[[_Run, Any], None]] = {
    "metrics": _write_metrics,
    "confusion_matrix": _write_confusion_matrix,
    "report": _write_report,
    "model": _write_model,
}


def _summary(run: _Run) -> dict[str, Any]:
    from pipeline.nodes.node import node_ids
    from pipeline.runners.run_files import REPORT_FILE, read_records
    from pipeline.runs.outcome import recorded_outcome
    from pipeline.runs.summary import summarize

    records = read_records(run.compiled, run.run_id)
    outcome = recorded_outcome(run.run_id, records, None)
    return summarize(outcome, node_ids(run.compiled.ir), records, REPORT_FILE)


def _write_note(artifacts: dict[str, Any], path: Path) -> None:
    note = {
        "artifacts": {
            name: {
                "artifacts": [
                    {"name": artifact.name, "uri": artifact.uri, "metadata": artifact.metadata}
                ]
            }
            for name, artifact in artifacts.items()
        }
    }
    message = json_format.ParseDict(note, pipeline_spec_pb2.ExecutorOutput())
    write_text(path, json_format.MessageToJson(message))
