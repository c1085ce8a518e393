"""Reads the capture config file, strictly: one sentence says what is wrong."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.personal_data import MASKS
from serving.capture.rules import (
    MIB,
    CaptureRules,
    FileLimits,
    Keep,
    Redaction,
    Waiting,
)
from serving.errors import SettingsError

_MINUTE_S = 60.0
_DAY_S = 86400.0
_ALL = 100
_TEXTS = ("keep", "hash")
_NUMBERS: Mapping[str, float] = {
    "max_file_mib": 64,
    "max_file_minutes": 60,
    "keep_days": 30,
    "keep_mib": 10240,
    "max_waiting_requests": 10_000,
    "max_waiting_mib": 64,
}
_SAMPLING = "sampling_percent"
_KEYS = ("folder", _SAMPLING, "redact", *_NUMBERS)
_REDACT_KEYS = ("personal_data", "fields", "texts", "hash_key_file")


def read_capture_rules(file: Path) -> CaptureRules:
    """Read a capture config file.

    Args:
        file: JSON: `folder`, `sampling_percent`, and what else `docs/capture.md` lists.

    Returns:
        What it says.

    Raises:
        SettingsError: If it cannot be read or is wrong; the message names the file.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise SettingsError(
            f"The capture config file {file} cannot be read: {exc.strerror}."
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise SettingsError(f"The capture config file {file} is not JSON: {exc}.") from exc
    try:
        return _to_rules(document)
    except _WrongError as exc:
        raise SettingsError(f"The capture config file {file} cannot be used: {exc}.") from exc


class _WrongError(ValueError):
    """A part of the file that is wrong, without the file's name."""


def _to_rules(document: Any) -> CaptureRules:
    _check_keys("it", document, _KEYS)
    return CaptureRules(
        folder=_folder(document.get("folder")),
        shares=_shares(document.get(_SAMPLING)),
        redaction=_redaction(document.get("redact", {})),
        file_limits=FileLimits(
            math.ceil(_number("max_file_mib", document) * MIB),
            _number("max_file_minutes", document) * _MINUTE_S,
        ),
        keep=Keep(_limit("keep_days", document, _DAY_S), _limit("keep_mib", document, MIB)),
        waiting=Waiting(
            math.ceil(_number("max_waiting_requests", document)),
            math.ceil(_number("max_waiting_mib", document) * MIB),
        ),
    )


def _check_keys(what: str, document: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(document, dict):
        raise _WrongError(f"{what} is not an object")
    for key in document:
        if key not in allowed:
            raise _WrongError(f"{what} has {key!r}; allowed are {', '.join(allowed)}")


def _folder(given: Any) -> Path:
    if not isinstance(given, str) or not given or "\0" in given:
        raise _WrongError("folder must be the path of a folder")
    return Path(given).expanduser().absolute()


def _shares(given: Any) -> dict[str, float]:
    if not isinstance(given, dict) or not given:
        raise _WrongError(
            f'{_SAMPLING} must be an object of percentages by model, such as {{"reviews": 20}}'
        )
    for name, percent in given.items():
        if not _is_number(percent) or not 0 < percent <= _ALL:
            raise _WrongError(
                f"{_SAMPLING}.{name} is {json.dumps(percent)}; give more than 0 and at most 100"
            )
    return {name: percent / _ALL for name, percent in given.items()}


def _redaction(given: Any) -> Redaction:
    _check_keys("redact", given, _REDACT_KEYS)
    personal_data = _names("personal_data", given)
    for name in personal_data:
        if name not in MASKS:
            raise _WrongError(f"redact.personal_data has {name!r}; allowed are {', '.join(MASKS)}")
    texts = given.get("texts", "keep")
    if texts not in _TEXTS:
        raise _WrongError(f"redact.texts is {json.dumps(texts)}; allowed are {', '.join(_TEXTS)}")
    return Redaction(
        personal_data=tuple(personal_data),
        fields=frozenset(_names("fields", given)),
        hash_texts=texts == "hash",
        hash_key=_key(given.get("hash_key_file")),
    )


def _names(name: str, given: Mapping[str, Any]) -> list[str]:
    names = given.get(name, [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise _WrongError(f"redact.{name} must be a list of names")
    return names


def _key(file: Any) -> bytes:
    if file is None:
        return b""
    if not isinstance(file, str) or not file or "\0" in file:
        raise _WrongError("redact.hash_key_file must be the path of a file")
    try:
        key = Path(file).expanduser().read_bytes().strip()
    except OSError as exc:
        raise _WrongError(f"redact.hash_key_file {file} cannot be read: {exc.strerror}") from exc
    if not key:
        raise _WrongError(f"redact.hash_key_file {file} is empty")
    return key


def _limit(name: str, document: Mapping[str, Any], unit: float) -> float | None:
    if name in document and document[name] is None:
        return None
    return _number(name, document, ", or null for no limit") * unit


def _number(name: str, document: Mapping[str, Any], otherwise: str = "") -> float:
    value = document.get(name, _NUMBERS[name])
    if not _is_number(value) or not 0 < value < float("inf"):
        raise _WrongError(f"{name} is {json.dumps(value)}; give a number above 0{otherwise}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
