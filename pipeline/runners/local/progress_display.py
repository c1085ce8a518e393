"""Show a run while it goes on: one line per node, and what the running node is doing."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bert_aas.contracts.plain_text import printable
from models.training.progress.progress_lines import PROGRESS_LOGGER, format_duration
from pipeline.console.terminal import styled

if TYPE_CHECKING:
    from pipeline.nodes.node import NodeResult

_STYLES = {"executed": "green", "cached": "cyan", "skipped": "yellow", "failed": "bold red"}
_MARKS = {"executed": "✓", "cached": "↺", "skipped": "-", "failed": "✗"}
_PLAIN_EVERY_S = 15.0


class ProgressDisplay:
    """A live table on a terminal; plain lines where the output is a file or a pipe."""

    def __init__(self, console: Console, nodes: list[str]) -> None:
        """Prepare the display.

        Args:
            console: Where to show it.
            nodes: Ids of all nodes, in order.
        """
        self._console = console
        self._nodes = nodes
        self._results: dict[str, NodeResult] = {}
        self._running: str | None = None
        self._started = 0.0
        self._message = ""
        self._plain_shown = 0.0
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4)
        self._entered = contextlib.ExitStack()

    def __enter__(self) -> ProgressDisplay:
        self._entered.enter_context(progress_messages(self.message))
        if self._console.is_terminal:
            self._entered.enter_context(self._live)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered.close()

    def start(self, node_id: str) -> None:
        """Show that a node starts."""
        self._running, self._started, self._message = node_id, time.monotonic(), ""
        if not self._console.is_terminal:
            self._console.print(f"  … {node_id}")

    def finish(self, result: NodeResult) -> None:
        """Show how a node ended."""
        self._results[result.node_id] = result
        self._running = None
        if not self._console.is_terminal:
            self._console.print(self._line(result.node_id))

    def message(self, text: str) -> None:
        """Show what the running node is doing.

        Args:
            text: One line.
        """
        self._message = printable(text)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._plain_shown >= _PLAIN_EVERY_S:
            self._plain_shown = now
            self._console.print(styled(f"    {text}"))

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for node_id in self._nodes:
            table.add_row(self._line(node_id))
        return table

    def _line(self, node_id: str) -> Text:
        result = self._results.get(node_id)
        if result is not None:
            text = f"  {_MARKS[result.state]} {node_id:<18}{result.state:<10}"
            return Text(text + format_duration(result.seconds), _STYLES[result.state])
        if node_id == self._running:
            elapsed = format_duration(time.monotonic() - self._started)
            return Text(f"  ▸ {node_id:<18}{'running':<10}{elapsed}  {self._message}", "bold")
        return Text(f"  · {node_id}", "dim")


@contextlib.contextmanager
def progress_messages(show: Callable[[str], None]) -> Iterator[None]:
    """Hand what the running node reports to a display.

    Args:
        show: Is given each message, one line.

    Yields:
        Nothing.
    """
    logger = logging.getLogger(PROGRESS_LOGGER)
    handler = _Messages(show)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Messages(logging.Handler):
    """Calls a function with each message."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        """Show one message."""
        self._show(record.getMessage())
