"""What `bert-aas condition` and `bert-aas otherwise` do: the branches of orchestrators."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bert_aas.conditions.paths import at_path, compare
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.locations import absolute
from bert_aas.contracts.plain_text import printable
from pipeline.console.messages import say
from pipeline.environment import quiet_libraries

if TYPE_CHECKING:
    from pipeline.graph.compiled import CompiledPipeline
    from pipeline.metadata.records import NodeRecord


@dataclass(frozen=True)
class PackagedRun:
    """A run whose nodes ran in processes of their own.

    Attributes:
        ir: The compiled pipeline: a path, a URI, or a `data:` URI.
        run_id: Id of the run.
        settings: `section.key=value` pairs that hold for this run.
    """

    ir: str
    run_id: str
    settings: Sequence[str] = ()

    def read(self) -> tuple[CompiledPipeline, dict[str, NodeRecord]]:
        """Read the pipeline, and what the metadata know about the run."""
        quiet_libraries()
        from pipeline.graph.compiled import read_compiled
        from pipeline.graph.run_settings import with_settings
        from pipeline.runners.run_files import read_records

        compiled = with_settings(read_compiled(self.ir), self.settings)
        return compiled, read_records(compiled, self.run_id)


@dataclass(frozen=True)
class Asked:
    """What is compared: a value at a path with a bound, written as JSON or as plain text."""

    path: str
    operator: str
    bound: str


def compared_value(
    asked: Asked, file: Path | None, run: tuple[str | None, str | None, Sequence[str]]
) -> bool:
    """Compare a value of a JSON file or of a run's `evaluation.json`, and say how it came out.

    Args:
        asked: What is compared.
        file: The file, or `None`.
        run: Compiled pipeline, id and settings of the run in its place.

    Returns:
        Whether it holds.

    Raises:
        InvalidInputError: If there is no such file or run, or the two cannot be compared.
    """
    ir, run_id, settings = run
    if file is not None and ir is None and run_id is None:
        return _check(_content_of(file), asked, str(file))
    if file is not None or ir is None or run_id is None:
        raise InvalidInputError("give a file, or --ir and --run-id")
    _, records = PackagedRun(ir, run_id, settings).read()
    from pipeline.runs.conditions import decided_document

    document = decided_document(records)
    if not document:
        raise InvalidInputError(f"the run {run_id} has no evaluation.json")
    return _check(document, asked, "evaluation.json")


def _content_of(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InvalidInputError(f"{file} cannot be read as JSON: {exc}") from exc


def _check(content: Any, asked: Asked, where: str) -> bool:
    bound = _parsed(asked.bound)
    try:
        value = at_path(content, asked.path)
        held = compare(value, asked.operator, bound)
    except ValueError as exc:
        raise InvalidInputError(f"{where}: {exc}") from exc
    words = "holds" if held else "does not hold"
    shown = f"{asked.path} is {json.dumps(value, ensure_ascii=False)}"
    say(f"{printable(shown)}: {asked.operator} {printable(asked.bound)} {words}")
    return held


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def write_outcome(path: Path, *, held: bool) -> None:
    """Write `true` or `false` for an orchestrator.

    Args:
        path: The file; its folder is made.
        held: Which.

    Raises:
        InvalidInputError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(held))
    except OSError as exc:
        raise InvalidInputError(f"{path} cannot be written: {exc}") from exc


def run_otherwise(run: PackagedRun, report_dir: str | None) -> None:
    """Run `evaluate.command` if the model of a run did not meet its conditions.

    Args:
        run: The run.
        report_dir: Folder of its `run.json`.
    """
    from pipeline.commands.work.runs.node_process import log_to_stderr

    log_to_stderr(verbose=False)
    compiled, records = run.read()
    from pipeline.nodes.node import node_ids
    from pipeline.runners.run_files import REPORT_FILE, SUMMARY_FILE
    from pipeline.runs.conditions import evaluation_file
    from pipeline.runs.otherwise import Branch, take_branch
    from pipeline.runs.outcome import recorded_outcome
    from pipeline.runs.summary import summarize

    folder = absolute(report_dir) if report_dir else ""
    outcome = recorded_outcome(run.run_id, records, None)
    report = f"{folder}/{REPORT_FILE}" if folder else ""
    summary = summarize(outcome, node_ids(compiled.ir), records, report)
    summary_file = f"{folder}/{SUMMARY_FILE}" if folder else ""
    take_branch(Branch(summary, summary_file, evaluation_file(records)), compiled.config)
    told = summary.get("otherwise", {}).get("sentence", "nothing to do: the conditions are met")
    say(f"Otherwise: {told}")
