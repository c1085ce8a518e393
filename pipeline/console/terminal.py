"""Rich's console without its markup: labels, paths and messages are printed as they are."""

from typing import Any

from rich.console import Console
from rich.text import Text

from bert_aas.contracts.plain_text import printable
from pipeline.config.secret_values import without_passwords

_LEAST_WIDTH = 120
"""A narrow terminal breaks rows better than a table breaks its cells."""
_FILE_WIDTH = 200
"""Where the output is no terminal: rows must not break."""


class PlainConsole(Console):
    """A console on which `[red]` and `:smile:` are text, and controls are spelt out.

    Pieces of a line that come from the data or from a path go through `printable` or `styled`
    before, so that their line breaks are spelt out as well.
    """

    def __init__(self, **options: Any) -> None:
        """Prepare it.

        Args:
            **options: As Rich's console takes them.
        """
        super().__init__(**{**options, "markup": False, "emoji": False, "highlight": False})

    def render_str(self, text: str, **options: Any) -> Text:
        """Turn what is printed, and each cell of a table, into Rich's text.

        Args:
            text: What to show.
            **options: As Rich gives them; markup and emojis stay off.

        Returns:
            The text.
        """
        options |= {"markup": False, "emoji": False}
        return super().render_str(printable(without_passwords(text), lines=True), **options)


def wide_console() -> PlainConsole:
    """Make a console for tables.

    Returns:
        One that is wide enough for their rows.
    """
    console = PlainConsole()
    if not console.is_terminal:
        return PlainConsole(width=_FILE_WIDTH)
    return PlainConsole(width=max(console.width, _LEAST_WIDTH))


def styled(text: object, style: str = "") -> Text:
    """Make a piece of a line.

    Args:
        text: A value of the data, a path, a message.
        style: Rich's style.

    Returns:
        One line.
    """
    return Text(printable(text), style)
