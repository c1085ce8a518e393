"""Values of a plan file, read strictly: one sentence says what is wrong with one."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from bert_aas.traffic.plans.plan import WHOLE, PlanError

_Read = TypeVar("_Read")
_MAX_VERSION = 2**63 - 1
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of an HTTP header, as a whole."""


def to_text(seconds: float) -> str:
    """Write a time.

    Args:
        seconds: Seconds since 1970.

    Returns:
        ISO 8601, UTC.
    """
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")


def an_object(value: object, where: str, known: set[str]) -> Mapping[str, Any]:
    """Read an object; else `PlanError`."""
    if not isinstance(value, Mapping):
        raise PlanError(f"{where} is {shown(value)}; it must be an object")
    for key in value:
        if key not in known:
            raise PlanError(f"{where}: {shown(key)} is unknown; known are {listed(sorted(known))}")
    return value


def a_list(value: object, where: str, read: Callable[[object, str], _Read]) -> list[_Read]:
    """Read a list; else `PlanError`."""
    if not isinstance(value, list):
        raise PlanError(f"{where}: {shown(value)} is no list")
    return [read(one, f"{where}[{place}]") for place, one in enumerate(value)]


def optional(value: object, where: str, read: Callable[[object, str], _Read]) -> _Read | None:
    """Read a value that may be missing."""
    return None if value is None else read(value, where)


def a_string(value: object, where: str) -> str:
    """Read a text, which may be empty; else `PlanError`."""
    if not isinstance(value, str):
        raise PlanError(f"{where} is {shown(value)}; it must be a text")
    return value


def a_text(value: object, where: str) -> str:
    """Read a text with something in it; else `PlanError`."""
    if not a_string(value, where):
        raise PlanError(f"{where} is empty")
    return str(value)


def a_header(value: object, where: str) -> str:
    """Read the name of an HTTP header; empty for none; else `PlanError`."""
    text = a_string(value, where)
    if text and not HEADER_NAME.fullmatch(text):
        raise PlanError(f"{where} is {shown(value)}, which is no name of a header")
    return text


def one_of(value: object, known: tuple[_Read, ...], where: str) -> _Read:
    """Read one of some names; else `PlanError`."""
    for one in known:
        if one == value:
            return one
    raise PlanError(f"{where} is {shown(value)}; known are {listed(known)}")


def a_version(value: object, where: str) -> int:
    """Read the number of a version folder; else `PlanError`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_VERSION:
        raise PlanError(f"{where} is {shown(value)}; it must be the number of a version folder")
    return value


def a_number(value: object, where: str) -> float:
    """Read a number from 0 on; else `PlanError`."""
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not 0 <= value < math.inf:  # type: ignore[operator]
        raise PlanError(f"{where} is {shown(value)}; it must be a number from 0 on")
    return float(value)  # type: ignore[arg-type]


def a_percent(value: object, where: str) -> float:
    """Read a share of 0 to 100; else `PlanError`."""
    found = a_number(value, where)
    if found > WHOLE:
        raise PlanError(f"{where} is {shown(value)}; it is in percent, 0 to 100")
    return found


def a_time(value: object, where: str) -> float:
    """Read ISO 8601 with a zone; YAML makes a datetime of it by itself; else `PlanError`."""
    try:
        found = value if isinstance(value, datetime) else _from_text(value)
        if found.tzinfo is not None:
            return found.timestamp()
    except (ValueError, OverflowError):
        pass
    raise PlanError(f"{where} is {shown(value)}; it must be a time like 2026-11-30T20:40:16Z")


def _from_text(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    return datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)


def listed(values: object) -> str:
    """Write values one after the other."""
    return ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in values)  # type: ignore[attr-defined]


def shown(value: object) -> str:
    """Write a wrong value, cut where it is long."""
    text = repr(value)
    return "missing" if value is None else text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
