"""Show a lineage: rows of a table, JSON, a drawing in Mermaid."""

from collections.abc import Iterator
from typing import Any

from bert_aas.contracts.plain_text import printable
from bert_aas.lineage.graph import INPUT, Lineage, Thing

COLUMNS = ("Name", "Direction", "Type", "Association")

_DIGITS = 16
_LABEL_CHARACTERS = 80


def table_rows(lineage: Lineage) -> list[tuple[str, str, str, str]]:
    """Make the rows of the table.

    Args:
        lineage: The lineage.

    Returns:
        Name with hash and note, direction, type and association of each thing.
    """
    return [
        (_described(thing), link.direction, thing.type, link.association)
        for thing, link in lineage.rows()
    ]


def lineage_json(lineage: Lineage) -> dict[str, Any]:
    """Describe a lineage for programs.

    Args:
        lineage: The lineage.

    Returns:
        Values that JSON can hold.
    """
    return {
        "model": _thing_json(lineage.model),
        "things": [
            {
                **_thing_json(thing),
                "direction": link.direction,
                "association": link.association,
            }
            for thing, link in lineage.rows()
        ],
        "steps": [
            {
                "id": step.key,
                "node": step.node,
                "pipeline": step.pipeline,
                "run_id": step.run_id,
                "started": step.started.isoformat(),
                "ended": step.ended.isoformat() if step.ended else None,
                "code": step.code,
                "reads": list(step.reads),
                "makes": list(step.makes),
                "details": dict(step.details),
            }
            for step in lineage.steps
        ],
    }


def mermaid(lineage: Lineage) -> str:
    """Draw a lineage as a flow chart that GitHub and MkDocs show.

    Args:
        lineage: The lineage.

    Returns:
        The text of a Mermaid chart.
    """
    return "\n".join(["flowchart LR", *_shapes(lineage), *_arrows(lineage)]) + "\n"


def _shapes(lineage: Lineage) -> Iterator[str]:
    numbers = _numbers(lineage)
    for key, number in numbers.items():
        thing = lineage.things[key]
        note = f"<br>{_escaped(thing.note)}" if thing.details else ""
        label = f"{_escaped(thing.name)}<br>{_escaped(thing.type)}{note}"
        ends = ("[[", "]]") if key == lineage.subject else ("[(", ")]")
        yield f'  t{number}{ends[0]}"{label}"{ends[1]}'
    for place, step in enumerate(lineage.steps):
        by = step.run_id or f"by {step.details.get('by', '')}"
        yield f'  s{place}("{_escaped(step.node)}<br>{_escaped(by)}")'


def _arrows(lineage: Lineage) -> Iterator[str]:
    numbers = _numbers(lineage)
    for place, step in enumerate(lineage.steps):
        yield from (f"  t{numbers[key]} --> s{place}" for key in step.reads if key in numbers)
        yield from (f"  s{place} --> t{numbers[key]}" for key in step.makes if key in numbers)


def _numbers(lineage: Lineage) -> dict[str, int]:
    above = [link.key for link in lineage.links if link.direction == INPUT]
    below = [link.key for link in lineage.links if link.direction != INPUT]
    return {key: number for number, key in enumerate([*above, lineage.subject, *below])}


def _described(thing: Thing) -> str:
    digest = f"  sha256:{thing.digest[:_DIGITS]}" if thing.digest else ""
    note = f"  ({thing.note})" if thing.note else ""
    return f"{thing.name}{digest}{note}"


def _thing_json(thing: Thing) -> dict[str, Any]:
    return {
        "id": thing.key,
        "name": thing.name,
        "type": thing.type,
        "uri": thing.uri,
        "sha256": thing.digest,
        "note": thing.note,
        "details": dict(thing.details),
    }


def _escaped(text: str) -> str:
    """Write letters that Mermaid would act on as entities."""
    cut = text if len(text) <= _LABEL_CHARACTERS else f"…{text[1 - _LABEL_CHARACTERS :]}"
    plain = printable(cut)
    return "".join(
        letter if letter.isalnum() or letter in " ./_-:…" else f"#{ord(letter)};"
        for letter in plain
    )
