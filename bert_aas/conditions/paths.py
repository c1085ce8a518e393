"""Read a value out of JSON by a path such as `metrics.accuracy.value`."""

import re
from collections.abc import Iterator
from typing import Any

from bert_aas.conditions.comparing import holds
from bert_aas.conditions.params import ConditionParams
from bert_aas.contracts.figures import written

_STEP = re.compile(
    r"""\.?([^.\[\]'"]+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]"""
)
OPERATORS = ("==", ">=", "<=", ">", "<", "in")
_ESCAPED = re.compile(r"\\(.)")


def at_path(content: Any, path: str) -> Any:
    """Look a value up.

    Args:
        content: What was read from JSON.
        path: Keys with dots between them; a key with dots, brackets or blanks as `['key']`, the
            place in a list as `[0]`; a `$` at the beginning is left out.

    Returns:
        The value.

    Raises:
        ValueError: If the path cannot be read, or leads nowhere.

    Example:
        >>> at_path({"metrics": {"accuracy": {"value": 0.9}}}, "$.metrics.accuracy.value")
        0.9
    """
    found = content
    for step in list(_steps(path)):
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise ValueError(f"the path {path!r} leads nowhere: there is no {step!r}") from None
    return found


def compare(value: Any, operator: str, bound: Any) -> bool:
    """Compare a value with a bound, as conditions do.

    Args:
        value: What was found.
        operator: `==`, `>=`, `<=`, `>`, `<`, or `in` with a list.
        bound: What it is compared with.

    Returns:
        Whether it holds.

    Raises:
        ValueError: If the two cannot be compared so.
    """
    if operator not in OPERATORS:
        raise ValueError(f"{operator!r} is no operator; known are {', '.join(OPERATORS)}")
    if operator == "in" and isinstance(bound, list):
        return value in bound
    if operator == "==" and not (_is_number(value) and _is_number(bound)):
        return type(value) is type(bound) and bool(value == bound)
    if operator == "in" or not (_is_number(value) and _is_number(bound)):
        raise ValueError(f"{value!r} cannot be compared with {bound!r} by {operator}")
    condition = ConditionParams(name="it", metric="it", operator=operator, bound=float(bound))  # type: ignore[arg-type]
    return holds(condition, written(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _steps(path: str) -> Iterator[str | int]:
    rest = path.removeprefix("$")
    place = 0
    while place < len(rest):
        step = _STEP.match(rest, place)
        if step is None:
            raise ValueError(f"{path!r} is no path like metrics.accuracy.value or classes['1']")
        plain, single, double, index = step.groups()
        if index is not None:
            yield int(index)
        else:
            quoted = single if single is not None else double
            yield plain if quoted is None else _ESCAPED.sub(r"\1", quoted)
        place = step.end()
