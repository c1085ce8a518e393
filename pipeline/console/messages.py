"""Print messages for the user, without terminal control codes and without passwords."""

import contextlib
import logging
import sys

import click

from bert_aas.contracts.plain_text import printable
from pipeline.config.secret_values import without_passwords
from pipeline.environment import LOG_FORMAT


def say(text: str, *, error: bool = False, newline: bool = True) -> None:
    """Print a message.

    Args:
        text: One line or several.
        error: Whether it goes to standard error.
        newline: Whether the line ends.
    """
    click.echo(plain(text), err=error, nl=newline)


def plain(text: str) -> str:
    """Make a message fit to be shown.

    Args:
        text: One line or several.

    Returns:
        The same without controls of the terminal, and without passwords of addresses.
    """
    return printable(without_passwords(text), lines=True)


class PlainFormatter(logging.Formatter):
    """Formats log records, of libraries too, as messages that can be shown."""

    def __init__(self) -> None:
        """Take the format of all our logs."""
        super().__init__(LOG_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        return plain(super().format(record))


def print_anything() -> None:
    """Print every message: letters that the terminal's encoding lacks are written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream of a test, or closed
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
