"""What `bert-aas run` does: check, compile, run, sum up."""

import contextlib
import fcntl
import logging
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable
from components.example_gen.splitting.analysis import SourceSummary
from pipeline.config.layout import OutputLayout, layout_here, output_layout, refused_folder
from pipeline.config.pipeline_config import PipelineConfig, located
from pipeline.config.preflight import (
    check_anomaly_names,
    check_data,
    check_encoder,
    check_places,
    check_sign_key,
)
from pipeline.console.quiet import output_to_log
from pipeline.console.terminal import PlainConsole
from pipeline.environment import quiet_libraries

LOCK_FILE = ".lock"

_logger = logging.getLogger(__name__)


def run_pipeline(config: PipelineConfig, *, use_cache: bool, verbose: bool) -> dict[str, Any]:
    """Run the graph on this machine.

    Args:
        config: The checked configuration.
        use_cache: Whether nodes may take their outputs from earlier, equal executions.
        verbose: Show the libraries' logs instead of writing them to a file.

    Returns:
        The content of `run.json`. What the user gave and cannot be used raises `InvalidInputError`.
    """
    quiet_libraries()
    config = located(config)
    check_places(config)
    data = check_data(config, use_cache=use_cache)
    layout = layout_here(config.output_dir)
    run_id = new_run_id()
    with locked(layout), output_to_log(layout.log(run_id), verbose=verbose) as console:
        _print_start(config, data, layout.log(run_id), console)
        return _run(config, run_id, console, use_cache=use_cache)


def new_run_id() -> str:
    """Return an id that sorts by time, e.g. `20260131-120000-3fa9`."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _run(
    config: PipelineConfig, run_id: str, console: PlainConsole, *, use_cache: bool
) -> dict[str, Any]:
    with console.status("checking the encoder"):
        encoder = check_encoder(config)
        check_anomaly_names(config)
        check_sign_key(config)
    with console.status("loading TFX"):
        # TFX takes seconds to import; refused input must not wait for it.
        from pipeline.graph.kept_graph import compiled_graph

        compiled = compiled_graph(config, encoder, enable_cache=use_cache)
        from pipeline.graph.run_settings import connected

        ir = connected(compiled.ir, compiled.config)
    return _run_compiled(config, ir, run_id, console)


def _run_compiled(
    config: PipelineConfig, ir: Any, run_id: str, console: PlainConsole
) -> dict[str, Any]:
    from pipeline.governance.run_papers import write_papers_once
    from pipeline.metadata.opening import check_server
    from pipeline.metadata.records import read_run
    from pipeline.nodes.node import metadata_connection, node_ids
    from pipeline.report import collect_report, write_report
    from pipeline.runners.local.progress_display import ProgressDisplay
    from pipeline.runners.local.run_graph import run_graph
    from pipeline.runs.conditions import evaluation_file
    from pipeline.runs.otherwise import Branch, take_branch
    from pipeline.runs.summary import error_sentence, print_summary, summarize, write_json

    layout = output_layout(config.output_dir)
    connection = metadata_connection(ir)
    check_server(connection)
    with ProgressDisplay(console, node_ids(ir)) as display:
        run = run_graph(ir, run_id, display)
    unwritten: str | None = None
    records: dict[str, Any] = {}
    with console.status("writing the report"):
        summary = summarize(run, node_ids(ir), {}, str(layout.report))
        try:
            records = read_run(connection, run_id)
            summary = summarize(run, node_ids(ir), records, str(layout.report))
            write_json(summary, layout.run_summary)
            write_report(collect_report(summary, records, ir, config), layout.report)
        except Exception as exc:  # what it would tell must not be hidden by its own failure
            _logger.exception("the report cannot be written")
            unwritten = error_sentence(exc)
    with console.status("writing the model card"):
        write_papers_once(config, summary)
    with console.status("running `evaluate.command`"):
        take_branch(Branch(summary, str(layout.run_summary), evaluation_file(records)), config)
    print_summary(summary, config, console, unwritten)
    if isinstance(run.error, InvalidInputError):
        raise run.error
    return summary


def _print_start(
    config: PipelineConfig, data: SourceSummary, log: Path, console: PlainConsole
) -> None:
    classes = ", ".join(
        f"{printable(name)}: {count:,}" for name, count in sorted(data.labels.counts.items())
    )
    source = printable(config.data.path)
    console.print(f"Data         {source}: {data.rows:,} rows ({classes})", soft_wrap=True)
    for notice in data.notices:
        console.print(f"             {printable(notice)}", soft_wrap=True)
    console.print(f"Encoder      {printable(config.encoder.source)}", soft_wrap=True)
    console.print(f"Log          {printable(log)}", soft_wrap=True)


@contextlib.contextmanager
def locked(layout: OutputLayout) -> Iterator[None]:
    """Keep a second run out of an output folder; the lock dies with the process.

    Args:
        layout: The output folder, which exists.

    Yields:
        Nothing.

    Raises:
        InvalidInputError: If another run has the lock, or nothing can be written there.
    """
    with refused_folder(layout.root):
        lock = Path(layout.root, LOCK_FILE).open("w")  # noqa: SIM115 - closed below
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise InvalidInputError(
                f"another run is using the output folder {layout.root}; wait for it, or give "
                "another one (--output-dir, `output_dir`)"
            ) from exc
        yield
