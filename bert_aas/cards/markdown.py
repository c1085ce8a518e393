"""A model card as Markdown."""

import re
from collections.abc import Iterator

from bert_aas.cards.document import Block, Document, Facts, Paragraph, Table
from bert_aas.contracts.plain_text import printable

_ACTING = re.compile(r"([\\`*\[\]<>#|~$]|(?<!\w)_|_(?!\w)|&(?=[#\w]))")


def card_markdown(document: Document) -> str:
    """Write a card as Markdown.

    Args:
        document: The card.

    Returns:
        The text. Pictures are left out: their figures stand in the tables.
    """
    return "\n".join(_lines(document))


def _lines(document: Document) -> Iterator[str]:
    yield f"# {escaped(document.title)}\n"
    yield f"{escaped(document.lead)}\n"
    for section in document.sections:
        yield f"## {escaped(section.title)}\n"
        for block in section.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"{escaped(block.text)}\n"
    elif isinstance(block, Facts):
        yield from (f"- **{escaped(name)}:** {escaped(value)}" for name, value in block.pairs)
        yield ""
    elif isinstance(block, Table):
        yield _row(block.titles)
        yield _row(["---"] * len(block.titles), is_text=False)
        yield from (_row(row) for row in block.rows)
        yield ""


def _row(cells: tuple[str, ...] | list[str], *, is_text: bool = True) -> str:
    return f"| {' | '.join(escaped(cell) if is_text else cell for cell in cells)} |"


def escaped(text: str) -> str:
    """Write a text so that Markdown shows it as it is, in one line.

    Args:
        text: Any text.

    Returns:
        The text with backslashes before what Markdown would act on.
    """
    line = " ".join(text.split())
    return _ACTING.sub(r"\\\1", printable(line))
