"""Write the table of all configuration fields into docs/configuration.md.

Usage: .venv/bin/python tools/configuration_table.py
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402

from pipeline.config.pipeline_config import PipelineConfig  # noqa: E402

PAGE = ROOT / "docs" / "configuration.md"
BEGIN, END = "<!-- fields: written by tools/configuration_table.py -->", "<!-- end of fields -->"


def main() -> int:
    """Replace the table in the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n{END}{after}", encoding="utf-8")
    return 0


def table() -> str:
    """Return the table in Markdown, a row per field."""
    rows = ["| field | default | meaning |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in fields()]
    return "\n".join(rows) + "\n"


def fields(model: type[BaseModel] = PipelineConfig, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """Yield dotted name, default and meaning of every field, sections resolved."""
    for name, field in model.model_fields.items():
        dotted = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{dotted}.")
        else:
            yield dotted, default_of(field), meaning_of(field)


def default_of(field: FieldInfo) -> str:
    """Write a default as YAML would have it."""
    if field.is_required():
        return "required"
    value = field.default
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def meaning_of(field: FieldInfo) -> str:
    """Write description and limits."""
    limits = [
        f"{word} {getattr(limit, name)}"
        for limit in field.metadata
        for name, word in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
        if getattr(limit, name, None) is not None
    ]
    choices = getattr(field.annotation, "__args__", ())
    if choices and all(isinstance(choice, str) for choice in choices):
        limits.append(" or ".join(f"`{choice}`" for choice in choices))
    allowed = f"Allowed: {', '.join(limits)}" if limits else ""
    parts = [field.description or "", allowed]
    return " ".join(f"{part.rstrip('.')}." for part in parts if part).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
