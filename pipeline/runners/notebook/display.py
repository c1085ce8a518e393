"""What a cell shows while nodes run, and where the libraries' output goes meanwhile."""

from __future__ import annotations

import contextlib
import html
import io
import logging
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from models.training.progress.progress_lines import format_duration
from pipeline.console.quiet import output_to_log
from pipeline.runners.local.progress_display import progress_messages

if TYPE_CHECKING:
    from pipeline.nodes.node import NodeResult

_MARKS = {"executed": "✓", "cached": "↺", "skipped": "-", "failed": "✗"}
_COLOURS = {"executed": "#14804f", "cached": "#5b4bb5", "skipped": "#8f5a00", "failed": "#b3261e"}
_RUNNING = "▸"
_STYLE = "font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; margin: 0; background: none"


class CellProgress:
    """One line per node in the output of a cell, renewed in place; plain lines without IPython."""

    def __init__(self, nodes: Sequence[str]) -> None:
        """Prepare the display.

        Args:
            nodes: Ids of the nodes that will run, in order.
        """
        self._nodes = list(nodes)
        self._results: dict[str, NodeResult] = {}
        self._running: str | None = None
        self._started = 0.0
        self._message = ""
        self._output = _output()

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show what happens inside.

        Yields:
            Nothing.
        """
        self._update()
        with progress_messages(self.message):
            yield

    def start(self, node_id: str) -> None:
        """Show that a node starts."""
        self._running, self._started, self._message = node_id, time.monotonic(), ""
        self._update()

    def finish(self, result: NodeResult) -> None:
        """Show how a node ended."""
        self._results[result.node_id] = result
        self._running = None
        self._update()

    def message(self, text: str) -> None:
        """Show what the running node is doing.

        Args:
            text: One line.
        """
        self._message = text
        self._update()

    def lines(self) -> list[tuple[str, str]]:
        """Return what is shown: the state of each node, and its line."""
        return [self._line(node_id) for node_id in self._nodes]

    def _line(self, node_id: str) -> tuple[str, str]:
        result = self._results.get(node_id)
        if result is not None:
            line = f"{_MARKS[result.state]} {node_id:<18}{result.state:<10}"
            return result.state, line + format_duration(result.seconds)
        if node_id == self._running:
            elapsed = format_duration(time.monotonic() - self._started)
            return "running", f"{_RUNNING} {node_id:<18}{'running':<10}{elapsed}  {self._message}"
        return "waiting", f"· {node_id}"

    def _update(self) -> None:
        if self._output is not None:
            self._output.show({"text/html": self._html(), "text/plain": self._text()})

    def _text(self) -> str:
        return "\n".join(line for _, line in self.lines())

    def _html(self) -> str:
        lines = (
            f'<span style="color: {_COLOURS.get(state, "inherit")}">{html.escape(line)}</span>'
            for state, line in self.lines()
        )
        return f'<pre style="{_STYLE}">{"<br>".join(lines)}</pre>'


@contextlib.contextmanager
def shown_while(text: str) -> Iterator[None]:
    """Show a line while something goes on, and nothing of it afterwards.

    Args:
        text: What goes on.

    Yields:
        Nothing.
    """
    output = _output()
    if output is not None:
        output.show({"text/plain": f"{text} …"})
    try:
        yield
    finally:
        if output is not None:
            output.show({"text/plain": ""})


@contextlib.contextmanager
def libraries_to_log(log: Path) -> Iterator[None]:
    """Send everything that libraries print, log and display to a file, not into the notebook.

    A kernel replaces `sys.stdout` and `sys.stderr`, libraries keep the replacements, and some$
    display scripts: the file descriptors alone are not enough.

    Args:
        log: File to append to; its folder is made.

    Yields:
        Nothing.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as file,
        _LOG.to(file),
        contextlib.redirect_stdout(_LOG),
        contextlib.redirect_stderr(_LOG),
        _without_stream_handlers(),
        _without_displays(),
        output_to_log(log, verbose=False),
    ):
        yield


class _LogStream(io.TextIOBase):
    """Writes to the current log: libraries never replace the stream that they found at first."""

    def __init__(self) -> None:
        super().__init__()
        self._file: IO[str] | None = None

    @contextlib.contextmanager
    def to(self, file: IO[str]) -> Iterator[None]:
        """Write to a file inside; to the process's error output outside."""
        before, self._file = self._file, file
        try:
            yield
        finally:
            self._file = before

    def write(self, text: str) -> int:
        """Write to the log."""
        target = self._file or sys.__stderr__
        return target.write(text) if target else len(text)

    def flush(self) -> None:
        """Flush the log."""
        if self._file:
            self._file.flush()


_LOG = _LogStream()


@contextlib.contextmanager
def _without_stream_handlers() -> Iterator[None]:
    """Let loggers with streams of their own log as all others do."""
    known = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    loggers = [found for found in known if isinstance(found, logging.Logger) and _streams(found)]
    kept = [(found, found.handlers[:], found.level, found.propagate) for found in loggers]
    for logger in loggers:
        logger.handlers = [one for one in logger.handlers if one not in _streams(logger)]
        logger.propagate = True
    root = logging.getLogger()
    level = root.level
    try:
        yield
    finally:
        for logger, handlers, before, propagate in kept:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(before)
        root.setLevel(level)
        logging.captureWarnings(capture=False)


def _streams(logger: logging.Logger) -> list[logging.Handler]:
    return [
        handler
        for handler in logger.handlers
        if hasattr(handler, "stream") and not isinstance(handler, logging.FileHandler)
    ]


@contextlib.contextmanager
def _without_displays() -> Iterator[None]:
    """Drop what libraries display: Beam sends scripts that fetch others from the network."""
    from IPython import get_ipython
    from IPython.core.displaypub import CapturingDisplayPublisher

    shell = get_ipython()
    if shell is None:
        yield
        return

    class Nowhere(CapturingDisplayPublisher):
        def set_parent(self, parent: Any) -> None:
            """Ipykernel 7 tells every publisher which cell runs, also while nothing is shown."""

    publisher, shell.display_pub = shell.display_pub, Nowhere()
    try:
        yield
    finally:
        shell.display_pub = publisher


class _Output:
    """An output of the running cell that can be renewed, also while displays are dropped."""

    def __init__(self, shell: Any) -> None:
        self._publisher = shell.display_pub
        self._id = uuid.uuid4().hex
        self._shown = False

    def show(self, data: dict[str, str]) -> None:
        """Show the first time, renew later."""
        self._publisher.publish(data, transient={"display_id": self._id}, update=self._shown)
        self._shown = True


def _output() -> _Output | None:
    """Return an output of the running cell, or `None` outside of IPython."""
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else _Output(shell)
