"""Standard output and log texts that survive a closed reader and names that are not UTF-8.

A server continues when the reader of its output has ended (`bert-aas serve | head -1`).
"""

import contextlib
import logging
import os
import re
import sys

logger = logging.getLogger(__name__)

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OUTPUT = 1  # file descriptor


def valid_text(text: str) -> str:
    """Return a text that can be encoded: bytes of clients that are no UTF-8 become U+FFFD.

    Args:
        text: Such as a model's name from a path with `%ff`; lone surrogates stand for such bytes.

    Returns:
        The text, without lone surrogates.
    """
    return _SURROGATE.sub("\ufffd", text)


def say(text: str) -> None:
    """Print a line; say nothing if standard output cannot be written.

    Args:
        text: The line.
    """
    with contextlib.suppress(OSError):
        _write_line(text)


class OneLineFormatter(logging.Formatter):
    """Writes each message on one line: names in it, which others choose, cannot forge lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Escape what breaks lines or steers terminals; a traceback follows on lines of its own."""
        record.message = _CONTROL.sub(_escape, record.message)
        return super().formatMessage(record)


class OutputHandler(logging.Handler):
    """Writes to standard output; where that fails, says so once, not with a traceback per line."""

    def __init__(self) -> None:
        super().__init__()
        self._has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            _write_line(self.format(record))
        except OSError as exc:
            if not self._has_failed:
                logger.warning("Lines of the access log are lost: %s.", exc.strerror)
            self._has_failed = True
        else:
            self._has_failed = False


def _escape(found: "re.Match[str]") -> str:
    return found.group().encode("unicode_escape").decode("ascii")


def _write_line(text: str) -> None:
    """Write past Python's buffer: what stayed in it would fail again at exit, with code 120."""
    if sys.stdout is None:  # closed from the start; the number may be a connection's by now
        return
    left = f"{text}\n".encode("utf-8", "replace")
    while left:
        left = left[os.write(_OUTPUT, left) :]
