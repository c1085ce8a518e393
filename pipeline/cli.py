"""The command line `bert-aas`. Heavy imports happen inside the commands: `--help` is instant."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from bert_aas.contracts.errors import InvalidInputError, UnavailableError, ViolationError
from bert_aas.contracts.exit_codes import (
    EXIT_FAILED,
    EXIT_REFUSED,
    EXIT_TERMINATED,
    EXIT_VIOLATION,
)
from bert_aas.contracts.extras import missing_extras
from bert_aas.version import VERSION
from pipeline.commands.listed import COMMANDS
from pipeline.console import os_errors
from pipeline.console.messages import print_anything, say
from pipeline.stopping import Terminated
from serving.errors import ServingError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def cli() -> None:
    """Fine-tune, evaluate, push and serve a BERT text classifier with TensorFlow Extended."""


for _name, _command in COMMANDS.items():
    cli.add_command(_command, _name)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Without the program's name; `None` takes the process's.

    Returns:
        The exit code.
    """
    return guarded(lambda: cli.main(arguments, prog_name="bert-aas", standalone_mode=False))


def guarded(command: Callable[[], Any]) -> int:
    """Turn errors into one sentence and an exit code.

    Args:
        command: Returns an exit code, or `None` for 0.

    Returns:
        The exit code: 2 for input that a user can correct, 4 for what a gate found beyond a limit.
    """
    try:
        with missing_extras():
            return int(command() or 0)
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted", error=True)
        return 130
    except Terminated:
        with contextlib.suppress(OSError):  # who stops us may no longer read what we say
            say("stopped by SIGTERM", error=True)
        return EXIT_TERMINATED
    except Exception as exc:
        return _refused(exc)


def _refused(error: Exception) -> int:
    """Say what was wrong; errors that no user can correct are raised again, with a traceback."""
    if isinstance(error, BrokenPipeError):
        _give_up_output()
        return EXIT_FAILED
    if isinstance(error, InvalidInputError | ServingError):
        message, mendable = str(error), not isinstance(error, UnavailableError | ServingError)
    else:
        refused = os_errors.sentence(error)
        if refused is None:
            raise error
        message, mendable = refused, os_errors.is_mendable(error)
    say(f"Error: {message}", error=True)
    if isinstance(error, ViolationError):
        return EXIT_VIOLATION
    return EXIT_REFUSED if mendable else EXIT_FAILED


def _give_up_output() -> None:
    """Write nothing more: the reader of our output has ended (`bert-aas runs | head`)."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _let_functions_rest() -> None:
    """Keep TensorFlow's functions from cleaning up in modules that Python has already removed.

    Those that live to the end of the process print a traceback each (`AtomicFunction.__del__`).
    """
    module = sys.modules.get("tensorflow.python.eager.polymorphic_function.atomic_function")
    if module is not None and hasattr(module.AtomicFunction, "__del__"):
        del module.AtomicFunction.__del__


def entry_point() -> None:
    """Entry point of the console script."""
    print_anything()
    code = main()
    if code == EXIT_TERMINATED:
        # Threads of libraries that are in the middle of their work would hold the process.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        from bert_aas.contracts.files.own_temporary import leave_own_folder

        leave_own_folder()
        os._exit(code)
    _let_functions_rest()
    sys.exit(code)
