"""Print a text, or write it to a file."""

from pathlib import Path

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.opened_files import writing_errors
from pipeline.console.messages import say


def print_or_write(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file.

    Args:
        text: The text; it ends with a line break.
        output: The file, if one is wanted.
    """
    if output is None:
        say(text, newline=False)
        return
    with writing_errors(output):
        write_text(output, text)
