"""What `bert-aas lineage` and `bert-aas runs artifacts` do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable_json
from bert_aas.lineage.graph import Lineage
from bert_aas.lineage.open_lineage import run_events
from bert_aas.lineage.showing import COLUMNS, lineage_json, mermaid, table_rows
from pipeline.commands.work.data.cataloguing import print_table
from pipeline.commands.work.printing import print_or_write
from pipeline.console.messages import say
from pipeline.governance.asked import Asked
from pipeline.governance.history import lineage_of, read_history
from pipeline.governance.models import find_model
from pipeline.runs.past_runs import PastRun, past_runs


@dataclass(frozen=True)
class LineageRequest:
    """What the user asked for.

    Attributes:
        asked: Which model.
        up: Only what it comes from.
        down: Only what came of it.
        file_format: `table`, `json`, `mermaid` or `openlineage`.
        output: The file to write.
    """

    asked: Asked
    up: bool = False
    down: bool = False
    file_format: str = "table"
    output: Path | None = None


def show_lineage(request: LineageRequest) -> None:
    """Print the lineage of a model, or write it.

    Args:
        request: What the user asked for.

    Raises:
        InvalidInputError: If there is no such model, or a table is to be written to a file.
    """
    if request.output and request.file_format == "table":
        raise InvalidInputError("--format table is for the terminal; leave --output out")
    found = find_model(request.asked)
    whole = lineage_of(read_history(found))
    lineage = whole.facing(up=not request.down or request.up, down=not request.up or request.down)
    if request.file_format == "table":
        say(f"Model        {lineage.model.name}  {found.folder}")
        print_table(COLUMNS, table_rows(lineage))
        return
    print_or_write(_text(lineage, request.file_format), request.output)


def _text(lineage: Lineage, file_format: str) -> str:
    if file_format == "json":
        return printable_json(lineage_json(lineage)) + "\n"
    if file_format == "mermaid":
        return mermaid(lineage)
    return "".join(f"{json.dumps(event)}\n" for event in run_events(lineage))


def list_artifacts(
    run_id: str, output_dir: str | None, metadata_url: str | None, as_json: bool
) -> None:
    """Print the artifacts of a run, node by node.

    Args:
        run_id: Id of the run.
        output_dir: Its output folder.
        metadata_url: The address of its metadata instead.
        as_json: Print JSON for programs.
    """
    (run,) = past_runs(output_dir, metadata_url, run_ids=[run_id])
    rows = _artifact_rows(run)
    if as_json:
        say(printable_json({"run_id": run.id, "artifacts": rows}))
        return
    names = ("node", "state", "direction", "key", "id", "type", "uri")
    cells = [[str(row[name]) for name in names] for row in rows]
    print_table([name.capitalize() for name in names], _once(cells))


def _artifact_rows(run: PastRun) -> list[dict[str, Any]]:
    return [
        {
            "node": node.node_id,
            "state": node.state,
            "direction": direction,
            "key": key,
            "id": artifact.id,
            "type": artifact.type,
            "uri": artifact.uri,
        }
        for node in run.nodes.values()
        for direction, listed in (("Input", node.inputs), ("Output", node.outputs))
        for key, artifacts in sorted(listed.items())
        for artifact in artifacts
    ]


def _once(rows: Sequence[list[str]]) -> list[list[str]]:
    """Name node and state in the first row of each node only."""
    before = [[""], *rows]
    return [
        ["", "", *row[2:]] if row[0] == above[0] else row
        for above, row in zip(before, rows, strict=False)
    ]
