"""Reads the JSON lines that the model server writes with `--capture_config_file`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

PATTERN = "*.jsonl"

_CAPTURED, _INPUT, _OUTPUT, _METADATA = (
    "captureData",
    "endpointInput",
    "endpointOutput",
    "eventMetadata",
)


@dataclass(frozen=True)
class Event:
    """One captured request.

    Attributes:
        metadata: `eventId`, `inferenceId`, `modelName`, …, as far as they are there.
        time: When it was answered.
        asked: The body of the request: JSON, or the text as it was captured.
        answered: The body of the answer, in the same way.
    """

    metadata: Mapping[str, str]
    time: datetime
    asked: Any
    answered: Any


def read_events(folder: Path) -> Iterator[Event]:
    """Read all events in a folder, file by file.

    Args:
        folder: The `folder` of a capture config file.

    Yields:
        The events. A line that a killed server cut off is left out, as is what is no event.
    """
    for file in sorted(folder.rglob(PATTERN)):
        with suppress(FileNotFoundError), file.open("rb") as lines:  # it was old enough to go
            for line in lines:
                event = _event(line)
                if event is not None:
                    yield event


def _event(line: bytes) -> Event | None:
    try:
        found = json.loads(line)
        data, metadata = found[_CAPTURED], found[_METADATA]
        time = datetime.fromisoformat(metadata["inferenceTime"].replace("Z", "+00:00"))
        asked, answered = _content(data[_INPUT]), _content(data[_OUTPUT])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return None if time.tzinfo is None else Event(metadata, time, asked, answered)


def _content(part: Mapping[str, Any]) -> Any:
    data = part["data"]
    return json.loads(data) if part.get("encoding") == "JSON" else data
