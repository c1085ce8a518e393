"""The part of JSONPath that batch transform has: names, places and slices, from the root down.

Source:
    Amazon SageMaker's developer guide, "Associate prediction results with their corresponding
    input records", supported JSONPath operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable

_Step = Callable[[Any], Any]

_NAME = r"'(?:[^'\\]|\\.)*'"
_STEP = re.compile(
    rf"\.(?P<dotted>[^.\[\]\s*'\"]+)"
    rf"|\[(?P<names>\s*{_NAME}\s*(?:,\s*{_NAME}\s*)*)\]"
    r"|\[(?P<places>\s*-?\d{1,9}\s*(?:,\s*-?\d{1,9}\s*)*)\]"
    r"|\[(?P<start>\s*-?\d{0,9}\s*):(?P<end>\s*-?\d{0,9}\s*)\]"
    r"|(?P<all>\.\*|\[\*\])"
)


class JsonPath:
    """A path, ready to be followed.

    Example:
        >>> JsonPath("$.a[1:]").find({"a": [1, 2, 3]})
        [2, 3]
        >>> JsonPath("$['a','b']").find({"a": 1, "b": 2, "c": 3})
        {'a': 1, 'b': 2}
    """

    def __init__(self, text: str) -> None:
        """Read a path.

        Args:
            text: The path.

        Raises:
            InvalidInputError: If it is none, or has more than batch transform knows.
        """
        self.text = text
        self._steps: list[_Step] = []
        place = 1
        while text.startswith("$") and place < len(text):
            found = _STEP.match(text, place)
            if found is None:
                break
            self._steps.append(_step(found))
            place = found.end()
        if not text.startswith("$") or place < len(text):
            raise InvalidInputError(
                f"{printable(text)!r} is no path: it begins with $, and .name, ['name','other'], "
                "[0,-1], [1:3] and .* may follow"
            )

    def find(self, value: Any) -> Any:
        """Follow the path.

        Args:
            value: Where it begins.

        Returns:
            What is there: several names give an object, several places a list.

        Raises:
            InvalidInputError: If there is nothing.
        """
        for step in self._steps:
            try:
                value = step(value)
            except (KeyError, IndexError, TypeError) as exc:
                raise InvalidInputError(f"there is nothing at {printable(self.text)}") from exc
        return value


def _step(found: re.Match[str]) -> _Step:
    if found["dotted"] is not None:
        return _named([found["dotted"]])
    if found["names"] is not None:
        names = re.findall(_NAME, found["names"])
        return _named([re.sub(r"\\(.)", r"\1", name[1:-1]) for name in names])
    if found["places"] is not None:
        return _placed([int(place) for place in found["places"].split(",")])
    if found["all"] is not None:
        return _all
    start, end = (int(text) if text.strip() else None for text in (found["start"], found["end"]))
    return lambda value: _list(value)[start:end]


def _named(names: Sequence[str]) -> _Step:
    def step(value: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError
        return value[names[0]] if len(names) == 1 else {name: value[name] for name in names}

    return step


def _placed(places: Sequence[int]) -> _Step:
    def step(value: Any) -> Any:
        items = _list(value)
        return items[places[0]] if len(places) == 1 else [items[place] for place in places]

    return step


def _all(value: Any) -> Any:
    return list(value.values()) if isinstance(value, dict) else _list(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
