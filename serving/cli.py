"""The command line of the server; flags are named as in `tensorflow_model_server`."""

import logging
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import click

from serving.errors import ServingError, SettingsError
from serving.settings import ServerSettings, silence_tensorflow

EXIT_OK = 0
EXIT_REFUSED = 2
EXIT_NOT_STARTED = 255  # upstream's `return -1`


@click.command()
@click.option("--model_name", default="default", show_default=True, help="Name clients ask for.")
@click.option(
    "--model_base_path",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the version folders (1, 2, ...); the highest number is served.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8500, show_default=True, type=int, help="gRPC port; 0 picks a free one."
)
@click.option(
    "--rest_api_port", default=8501, show_default=True, type=int, help="REST port; 0 means no REST."
)
@click.option(
    "--file_system_poll_wait_seconds",
    default=1.0,
    show_default=True,
    type=float,
    help="Pause between two looks for new versions; 0 looks only once.",
)
def serve(
    model_name: str,
    model_base_path: Path,
    host: str,
    port: int,
    rest_api_port: int,
    file_system_poll_wait_seconds: float,
) -> int:
    """Serve a SavedModel over TensorFlow Serving's gRPC and REST protocols."""
    settings = ServerSettings(
        model_base_path=model_base_path,
        model_name=model_name,
        host=host,
        port=port,
        rest_api_port=rest_api_port or None,
        file_system_poll_wait_seconds=file_system_poll_wait_seconds,
    )
    return run_until_signal(settings)


def run_until_signal(settings: ServerSettings) -> int:
    """Serve until SIGTERM or SIGINT, then drain.

    Args:
        settings: What to serve and where.

    Returns:
        The exit code: 0 after a drain, 2 for settings the user can mend, 255 if it did not start.
    """
    stop_requested = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop_requested.set())
    try:
        settings.validate()
        return _serve(settings, stop_requested)
    except SettingsError as exc:
        click.echo(f"Error: {exc.message}", err=True)
        return EXIT_REFUSED
    except ServingError as exc:
        click.echo(f"Failed to start server. Error: {exc.describe()}", err=True)
        return EXIT_NOT_STARTED


def _serve(settings: ServerSettings, stop_requested: threading.Event) -> int:
    silence_tensorflow()
    from serving.server import Server

    server = Server(settings)
    try:
        if server.start(stop_requested):
            click.echo(server.describe())
            stop_requested.wait()
    finally:
        server.stop()
    return EXIT_OK


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments without the program's name; None takes the process's.

    Returns:
        The exit code.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    arguments = None if argv is None else list(argv)
    try:
        code = serve.main(arguments, prog_name="python -m serving", standalone_mode=False)
    except click.ClickException as exc:
        click.echo(f"Error: {exc.format_message()}", err=True)
        return EXIT_REFUSED
    return int(code or EXIT_OK)
