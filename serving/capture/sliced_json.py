"""JSON in slices: one call for a long list would keep the interpreter's lock for long."""

import json
from collections.abc import Callable
from typing import Any

_ITEMS = 500
_CHARACTERS = 50_000

Encode = Callable[[Any], str]

UNICODE: Encode = json.JSONEncoder(ensure_ascii=False).encode
ASCII: Encode = json.JSONEncoder().encode


def sliced_json(value: Any, encode: Encode) -> str:
    """Write JSON as `json.dumps` does, in many short steps.

    Args:
        value: Dicts, lists, strings, numbers.
        encode: `UNICODE` or `ASCII`; writes what is short.

    Returns:
        The text.
    """
    if isinstance(value, dict):
        pairs = (f"{encode(name)}: {sliced_json(one, encode)}" for name, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list) and len(value) > _ITEMS:
        return f"[{', '.join(_slices(value, _ITEMS, encode))}]"
    if isinstance(value, str) and len(value) > _CHARACTERS:
        return f'"{"".join(_slices(value, _CHARACTERS, encode))}"'
    return encode(value)


def _slices(value: Any, size: int, encode: Encode) -> list[str]:
    return [encode(value[at : at + size])[1:-1] for at in range(0, len(value), size)]
