"""The summary of a run: `run.json` for programs, and a few lines for the terminal."""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from bert_aas.contracts.exit_codes import EXIT_FAILED, EXIT_NOT_PUSHED
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable, printable_json, shell_word
from bert_aas.explanations.reading import EXPLANATIONS_FILE, brief
from components.tfrecords import read_file
from models.training.progress.progress_lines import format_duration
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.console import os_errors
from pipeline.console.terminal import PlainConsole
from pipeline.metadata.estimates import CONTRASTED_METRICS
from pipeline.metadata.records import FAILED, NodeRecord
from pipeline.runs.conditions import not_met, read_blessing, read_conditions, read_tests
from pipeline.runs.outcome import RunOutcome

SUCCEEDED = "succeeded"
NOT_BLESSED = "not_blessed"
WAITING = "waiting_for_approval"
EXIT_CODES = {SUCCEEDED: 0, WAITING: 0, FAILED: EXIT_FAILED, NOT_BLESSED: EXIT_NOT_PUSHED}

PRINTED_METRICS = ("accuracy", "macro_f1", "macro_precision", "macro_recall", "auc")


def summarize(
    run: RunOutcome, node_ids: list[str], records: dict[str, NodeRecord], report: str
) -> dict[str, Any]:
    """Put the summary of a run together.

    Args:
        run: How the nodes ended.
        node_ids: Ids of all nodes of the graph, in order.
        records: What the metadata know about the run.
        report: Where the report will be.

    Returns:
        The content of `run.json`; nodes after a failure are `skipped`.
    """
    done = {node.node_id: node for node in run.nodes}
    nodes = [
        {"id": name, "state": done[name].state, "seconds": round(done[name].seconds, 2)}
        if name in done
        else {"id": name, "state": "skipped", "seconds": 0.0}
        for name in node_ids
    ]
    blessing, infra = read_blessing(records), _output(records, "InfraValidator", "blessing")
    pusher = _output(records, "Pusher", "pushed_model")
    pushed = pusher.get("pushed_destination") or None
    failed = run.error or any(node.state == FAILED for node in run.nodes)
    held_back = WAITING if pusher.get(WAITING) else NOT_BLESSED
    status = FAILED if failed else (SUCCEEDED if pushed else held_back)
    return {
        "run_id": run.run_id,
        "status": status,
        "blessed": _is_blessed(blessing),
        "infra_blessed": _is_blessed(infra),
        "reason": blessing.get("reason", ""),
        "infra_reason": infra.get("reason", ""),
        "bias": _bias(records),
        "error": error_sentence(run.error) if run.error else None,
        "pushed_model": pushed,
        "registered": registered(_output(records, "Registrar", "registration")),
        "metrics": _metrics(records),
        "conditions": read_conditions(records),
        "tests": read_tests(records),
        "explanations": _explanations(records),
        "nodes": nodes,
        "report": report,
    }


def _bias(records: dict[str, NodeRecord]) -> dict[str, str]:
    """Say what the limits of bias led to, for each node that measured it."""
    nodes = {"labels": "BiasDetector", "predictions": "ModelBiasDetector"}
    found = {
        name: _output(records, node, "analysis").get("verdict") for name, node in nodes.items()
    }
    return {name: str(verdict) for name, verdict in found.items() if verdict}


def error_sentence(error: BaseException) -> str:
    """Say in one line what went wrong: the innermost cause that has a message.

    Args:
        error: What stopped the run.

    Returns:
        What the file system refused, if that was it; else its type and message.
    """
    refused = os_errors.sentence(error)
    if refused is not None:
        return refused
    message = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {message}"


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON file all at once.

    Args:
        content: What to write.
        path: The file.
    """
    write_text(path, printable_json(content) + "\n")


def print_summary(
    summary: dict[str, Any],
    config: PipelineConfig,
    console: PlainConsole,
    unwritten: str | None = None,
) -> None:
    """Show the nodes, the metrics, the verdict, where things are, and what to do next.

    Args:
        summary: As returned by `summarize`.
        config: The configuration of the run.
        console: Where to show it.
        unwritten: Why there is no report, if there is none.
    """
    if not console.is_terminal:  # there the live display has just shown it
        console.print(_node_table(summary))
    if summary["metrics"]:
        figures = "  ".join(
            f"{name} {'-' if value is None else format(value, '.4f')}"
            for name, value in summary["metrics"].items()
            if name in PRINTED_METRICS
        )
        console.print(f"Test split   {figures}", soft_wrap=True)
    if summary["reason"]:
        style = "green" if summary["blessed"] else "bold yellow"
        console.print(f"Evaluator    {printable(summary['reason'])}", style=style, soft_wrap=True)
    if summary["infra_reason"]:
        style = "green" if summary["infra_blessed"] else "bold yellow"
        verdict = "servable" if summary["infra_blessed"] else "not servable"
        console.print(
            f"Server test  {verdict}: {printable(summary['infra_reason'])}",
            style=style,
            soft_wrap=True,
        )
    _print_conditions(summary, console)
    _print_later_nodes(summary, console)
    pushed = summary["pushed_model"] or "nothing was pushed"
    console.print(f"Pushed       {printable(pushed)}", soft_wrap=True)
    report = f"was not written: {unwritten}" if unwritten else summary["report"]
    style = "bold yellow" if unwritten else ""
    console.print(f"Report       {printable(report)}", style=style, soft_wrap=True)
    if summary["status"] == SUCCEEDED:
        _print_next_steps(summary, console)
    elif summary["status"] == WAITING:
        _print_approval(summary["registered"], console)
    elif summary["status"] == NOT_BLESSED:
        console.print(
            f"The last pushed model, if any, is untouched. The threshold is "
            f"`evaluate.threshold` ({config.evaluate.threshold:g})"
            f"{', other conditions are in `evaluate.conditions`' * _others(config)}.",
        )


def _print_conditions(summary: dict[str, Any], console: PlainConsole) -> None:
    for condition in not_met(summary["conditions"]):
        name, said = printable(condition["name"]), printable(condition["sentence"])
        console.print(f"Not met      {name}: {said}", style="bold yellow", soft_wrap=True)
    if summary.get("otherwise"):
        said = printable(summary["otherwise"]["sentence"])
        console.print(f"Otherwise    {said}", soft_wrap=True)


def _others(config: PipelineConfig) -> bool:
    return bool(config.evaluate.conditions or config.tests)


def program() -> str:
    """Return how the user called `bert-aas`, so that the next commands can be copied."""
    called = sys.argv[0]
    return called if Path(called).name == "bert-aas" else "bert-aas"


def _print_next_steps(summary: dict[str, Any], console: PlainConsole) -> None:
    models = shell_word(Path(summary["pushed_model"]).parent)
    called = shell_word(program())
    console.print("\nNext:", style="bold")
    for command in (
        f'{called} predict --model-dir {models} "TEXT TO CLASSIFY"',
        f"{called} serve --model_base_path {models} --model_name bert",
    ):
        console.print(f"  {command}", soft_wrap=True)


def _print_approval(registered: dict[str, Any], console: PlainConsole) -> None:
    """Say which commands end the run of a model that waits."""
    version = f"{shell_word(registered['model'])} {registered['version']}"
    place = f"--registry {shell_word(registered['registry'])}"
    console.print("\nThe model waits for its approval. Next:", style="bold")
    for command in (
        f"models show {version} {place}",
        f'models approve {version} --reason "WHY" {place}',
        f"models deploy {version} {place}",
    ):
        console.print(f"  {shell_word(program())} {command}", soft_wrap=True)


def _print_later_nodes(summary: dict[str, Any], console: PlainConsole) -> None:
    if summary["explanations"]:
        verdict = printable(summary["explanations"]["verdict"])
        console.print(f"Explainer    {verdict}", soft_wrap=True)
    found = summary.get("registered")
    if found:
        said = f"{printable(found['model'])}, version {found['version']}, as {found['status']}"
        console.print(f"Registered   {said}", soft_wrap=True)


def registered(properties: dict[str, Any]) -> dict[str, Any] | None:
    """Say what a run registered.

    Args:
        properties: Of the Registrar's artifact; empty if there is none.

    Returns:
        Model, version, status at the registration, and where the registry is; `None` for nothing.
    """
    if not properties.get("registered_version"):
        return None
    found = {name: properties.get(f"registered_{name}") for name in ("model", "version", "status")}
    return {**found, "registry": properties.get("registry_url")}


def _node_table(summary: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name, justify in (("Node", "left"), ("State", "left"), ("Time", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for node in summary["nodes"]:
        table.add_row(node["id"], node["state"], format_duration(node["seconds"]))
    return table


def _output(records: dict[str, NodeRecord], node_id: str, key: str) -> dict[str, Any]:
    record = records.get(node_id)
    artifact = record.output(key) if record and record.state != FAILED else None
    return artifact.properties if artifact else {}


def _is_blessed(properties: Mapping[str, Any]) -> bool:
    return bool(properties.get("blessed") == 1)


def _metrics(records: dict[str, NodeRecord]) -> dict[str, float | None]:
    """Look the shown metrics up; JSON has no NaN, so what could not be computed is `None`."""
    from components.evaluator.results import overall, read_metrics

    record = records.get("Evaluator")
    artifact = record.output("evaluation") if record and record.state != FAILED else None
    if artifact is None:
        return {}
    metrics = read_metrics(artifact.uri)
    names = (*PRINTED_METRICS, *CONTRASTED_METRICS)
    values = {name: overall(metrics, name) for name in names}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _explanations(records: dict[str, NodeRecord]) -> dict[str, Any] | None:
    """Read what the Explainer found, if the graph has one."""
    record = records.get("Explainer")
    artifact = record.output("explanations") if record and record.state != FAILED else None
    if artifact is None:
        return None
    return brief(json.loads(read_file(f"{artifact.uri}/{EXPLANATIONS_FILE}")))
