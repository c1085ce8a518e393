"""What the cells of a notebook printed and showed."""

from typing import Any


def cell_with(notebook: Any, part: str) -> Any:
    """The only code cell that holds a piece of code."""
    found = [c for c in notebook.cells if c.cell_type == "code" and part in c.source]
    assert len(found) == 1, f"{len(found)} cells hold {part!r}"
    return found[0]


def printed(cell: Any) -> str:
    """What a cell printed."""
    return "".join(o["text"] for o in cell.outputs if o.output_type == "stream")


def html(cell: Any) -> str:
    """The HTML that a cell showed."""
    return "".join(o["data"].get("text/html", "") for o in cell.outputs if "data" in o)


def stray(notebook: Any) -> list[str]:
    """What libraries printed or displayed into the notebook: nobody asked for it."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    noise = [o["text"] for o in outputs if o.output_type == "stream" and o["name"] == "stderr"]
    scripts = [o for o in outputs if "application/javascript" in o.get("data", {})]
    return [*noise, *map(str, scripts)]
