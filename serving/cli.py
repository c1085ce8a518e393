"""The command line of the server; flags are those of `tensorflow_model_server`, and a few more."""

import atexit
import contextlib
import logging
import logging.handlers
import os
import queue
import signal
import sys
import threading
import time
import types
import typing
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.exit_codes import EXIT_REFUSED
from bert_aas.contracts.extras import missing_extras
from serving.command_line import FlagError, LocalPath, ServeCommand, Switch
from serving.errors import ServingError, SettingsError
from serving.observing.standard_output import OneLineFormatter, OutputHandler, say
from serving.settings import ServerSettings, flags, silence_tensorflow

EXIT_OK = 0
EXIT_NOT_STARTED = 255  # upstream's `return -1`
_MAX_LOG_LINES = 10_000  # that wait for their reader
_LAST_LINES_S = 1.0
_TICK_S = 0.01

_HELP = """Serve SavedModels over TensorFlow Serving's gRPC and REST protocols.

Flags are written --flag=value or --flag value. GET / on the REST port is a page to try a model.
"""

# Flags of upstream that mean nothing here, so that existing command lines go on working.
_WITHOUT_EFFECT = (
    "num_load_threads",
    "num_unload_threads",
    "flush_filesystem_caches",
    "remove_unused_fields_from_bundle_metagraph",
    "platform_config_file",
    "num_tflite_pools",
    "num_tflite_interpreters_per_pool",
    "tensorflow_session_config_file",
    "thread_pool_factory_config_file",
    "mixed_precision",
    "skip_initialize_tpu",
    "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
)
_REFUSED = "use_alts_credentials"


def _parameters() -> list[click.Parameter]:
    hints = typing.get_type_hints(ServerSettings)
    options = [_option(field, hints[field.name]) for field in flags()]
    ignored = [
        Switch([f"--{name}"], is_flag=False, flag_value="true", hidden=True)
        for name in _WITHOUT_EFFECT
    ]
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Show the versions and exit.",
    )
    refused = Switch([f"--{_REFUSED}"], type=bool, is_flag=False, flag_value=True, hidden=True)
    return [*options, *ignored, refused, version]


def _print_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from serving.runtime.library import load_library

    own = import_module("bert_aas.version").VERSION  # by name: InfraValidator's key has no number
    click.echo(f"bert-aas: {own}\nTensorFlow Library: {load_library().Version().decode()}")
    context.exit()


def _option(field: Any, hint: Any) -> click.Option:
    kind = next(kind for kind in _members(hint) if kind is not types.NoneType)
    arguments: dict[str, Any] = {"type": LocalPath() if kind is Path else kind}
    if kind is bool:
        arguments |= {"is_flag": False, "flag_value": True}  # --flag, --flag=true, --flag=false
    return (Switch if kind is bool else click.Option)(
        [f"--{field.name}"],
        default=field.default,
        show_default=field.default not in {None, ""},
        help=field.metadata["help"],
        **arguments,
    )


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) or (hint,)


def _serve_command(**values: Any) -> int:
    context = click.get_current_context()
    for argument in context.args:
        meant = serve.suggest(argument)
        hint = f"; did you mean {meant}?" if meant else ""
        click.echo(f"unknown argument: {argument}{hint}", err=True)
    if context.args:
        click.echo(f"{context.get_usage()}\n--help lists all flags.", err=True)
    for name in _WITHOUT_EFFECT:
        if values.pop(name) is not None:
            click.echo(f"--{name} has no effect in this server.", err=True)
    if values.pop(_REFUSED):
        raise FlagError(
            f"--{_REFUSED} is not available in this server; --ssl_config_file encrypts gRPC."
        )
    for name in ("rest_api_port", "sagemaker_port"):
        values[name] = values[name] or None
    return run_until_signal(ServerSettings(**values))


serve = ServeCommand(
    "serve",
    params=_parameters(),
    callback=_serve_command,
    help=_HELP,
    # As upstream: unknown flags are reported, and the server starts all the same.
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)


def run_until_signal(settings: ServerSettings) -> int:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the process at once.

    Args:
        settings: What to serve and where.

    Returns:
        The exit code: 0 after a drain, 2 for settings that the user can correct, 255 if it did
        not start.
    """
    stop_requested = threading.Event()

    def stop(number: int, _frame: Any) -> None:
        if stop_requested.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop_requested.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        return _serve(settings, stop_requested)
    except SettingsError as exc:
        click.echo(f"Error: {exc.message}", err=True)
        return EXIT_REFUSED
    except ServingError as exc:
        reason = " ".join(exc.describe().split())  # TensorFlow's messages have several lines
        click.echo(f"Failed to start server. Error: {reason}", err=True)
        return EXIT_NOT_STARTED


def _serve(settings: ServerSettings, stop_requested: threading.Event) -> int:
    silence_tensorflow()
    settings.validate()
    _set_up_logging(settings.log_level, settings.enable_access_log)
    from serving.server import Server
    from serving.tuning import tune_interpreter

    server = Server(settings)
    try:
        if server.start(stop_requested):
            tune_interpreter()
            say(server.describe())
            stop_requested.wait()
    finally:
        server.stop()
    if server.is_busy():
        _leave_at_once(EXIT_OK)
    return EXIT_OK


def _set_up_logging(level: str, with_access_log: bool) -> None:
    """Log to standard error, and requests to standard output if that is wanted.

    Args:
        level: Least level of the server's own lines; libraries warn at most.
        with_access_log: Whether each request has a line.
    """
    own = getattr(logging, level.upper())
    logging.basicConfig(level=max(own, logging.WARNING))
    logging.getLogger("serving").setLevel(own)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # it warns of every broken request
    if with_access_log:
        output = OutputHandler()
        output.setFormatter(logging.Formatter("%(message)s"))
        # Through a queue: a reader that stalls must not stall the threads that answer requests.
        lines: queue.Queue[Any] = queue.Queue(_MAX_LOG_LINES)
        logging.handlers.QueueListener(lines, output).start()
        atexit.register(_wait_for_lines, lines)
        access = logging.getLogger("serving.access")
        access.addHandler(_DroppingQueueHandler(lines))
        access.setLevel(logging.INFO)
        access.propagate = False


def _wait_for_lines(lines: "queue.Queue[Any]") -> None:
    """Let the last lines out, but do not wait for a reader that stalls."""
    deadline = time.monotonic() + _LAST_LINES_S
    while lines.unfinished_tasks and time.monotonic() < deadline:
        time.sleep(_TICK_S)


class _DroppingQueueHandler(logging.handlers.QueueHandler):
    """Drops a line if the queue is full, without a word: the log is what is stalled."""

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a record."""
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)


def _leave_at_once(code: int) -> None:
    """End the process with its threads; Python would wait for those that still run a model."""
    with contextlib.suppress(OSError, AttributeError):  # they may be closed
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments without the program's name; None takes the process's.

    Returns:
        The exit code.
    """
    arguments = None if argv is None else list(argv)
    try:
        with missing_extras():
            code = serve.main(arguments, prog_name="python -m serving", standalone_mode=False)
    except click.ClickException as exc:
        click.echo(f"Error: {exc.format_message()}", err=True)
        return EXIT_REFUSED
    except InvalidInputError as exc:
        click.echo(f"Error: {exc}", err=True)
        return EXIT_REFUSED
    return int(code or EXIT_OK)
