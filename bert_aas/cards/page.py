"""A model card as one HTML page without scripts, which asks nothing of the network."""

from collections.abc import Iterator, Mapping
from html import escape

from bert_aas.cards.document import Block, Document, Facts, Paragraph, Picture, Table
from bert_aas.contracts.plain_text import printable

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def card_page(document: Document, pictures: Mapping[str, str], style: str) -> str:
    """Write a card as HTML.

    Args:
        document: The card.
        pictures: Name of a picture to its SVG, which is taken as it is.
        style: The style sheet of page and pictures.

    Returns:
        The page.
    """
    title = _shown(document.title)
    body = "\n".join(_body(document, pictures))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{title}</h1>\n<p class="lead">{_shown(document.lead)}</p>\n{body}\n'
        "</main>\n</body>\n</html>\n"
    )


def _body(document: Document, pictures: Mapping[str, str]) -> Iterator[str]:
    for section in document.sections:
        yield f"<section>\n<h2>{_shown(section.title)}</h2>"
        for block in section.blocks:
            yield from _block(block, pictures)
        yield "</section>"


def _block(block: Block, pictures: Mapping[str, str]) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"<p>{_shown(block.text)}</p>"
    elif isinstance(block, Facts):
        pairs = (
            f"<div><dt>{_shown(name)}</dt><dd>{_shown(value)}</dd></div>"
            for name, value in block.pairs
        )
        yield f'<dl class="facts stackable">{"".join(pairs)}</dl>'
    elif isinstance(block, Table):
        yield "".join(_table(block))
    elif block.name in pictures:
        yield from _figure(block, pictures[block.name])


def _table(table: Table) -> Iterator[str]:
    label = _shown(table.titles[0])
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>'
    yield from (f'<th scope="col">{_shown(title)}</th>' for title in table.titles)
    yield "</tr></thead><tbody>"
    for name, *cells in table.rows:
        yield f'<tr><th scope="row">{_shown(name)}</th>'
        yield from (f"<td>{_shown(cell)}</td>" for cell in cells)
        yield "</tr>"
    yield "</tbody></table></div>"


def _figure(picture: Picture, svg: str) -> Iterator[str]:
    yield f'<figure class="card"><figcaption>{_shown(picture.caption)}</figcaption>{svg}</figure>'


def _shown(text: str) -> str:
    return escape(printable(text, lines=True))
