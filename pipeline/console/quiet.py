"""Write the libraries' output to a file instead of the terminal."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.console.messages import PlainFormatter
from pipeline.console.terminal import PlainConsole

_STDOUT, _STDERR = 1, 2


@contextlib.contextmanager
def output_to_log(log: Path, *, verbose: bool) -> Iterator[PlainConsole]:
    """Send everything that anything prints to a log file; the console goes to the user.

    C++ code writes to the file descriptors themselves, so these are redirected, not `sys.stdout`.

    Args:
        log: File to append to; its folder is made.
        verbose: Show the output instead, and write no file.

    Yields:
        A console that reaches the user.
    """
    logging.captureWarnings(capture=True)
    if verbose:
        _log_to(logging.StreamHandler())
        yield PlainConsole()
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(_STDOUT), os.dup(_STDERR)
    with log.open("ab") as file, os.fdopen(os.dup(_STDOUT), "w", encoding="utf-8") as user:
        os.dup2(file.fileno(), _STDOUT)
        os.dup2(file.fileno(), _STDERR)
        handler = logging.StreamHandler(sys.stderr)
        _log_to(handler)
        try:
            # Kernels and CI set FORCE_COLOR, which is no reason to animate what goes into a pipe.
            yield PlainConsole(file=user, force_terminal=user.isatty())
        finally:
            logging.getLogger().removeHandler(handler)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError):  # a log on a full disk must not hide an error
                    stream.flush()
            os.dup2(kept[0], _STDOUT)
            os.dup2(kept[1], _STDERR)
            for descriptor in kept:
                os.close(descriptor)


def _log_to(handler: logging.Handler) -> None:
    handler.setFormatter(PlainFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
