"""The access log: one line of JSON per request, without any text of a request."""

import json
import logging
from datetime import datetime, timezone

from serving.observing.observer import BatchRecord, LoadRecord, RequestRecord
from serving.observing.standard_output import valid_text

LOGGER_NAME = "serving.access"

_MAX_LENGTH = 256  # of names and paths, which clients choose


class AccessLog:
    """An Observer that writes to the logger `serving.access`.

    Who runs the server gives that logger a handler, with the message alone as its format.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(LOGGER_NAME)

    def request(self, record: RequestRecord) -> None:
        """Write the line of a request."""
        self._logger.info("%s", _Line(record))

    def run(self, model_name: str, api: str, seconds: float) -> None:
        """Write nothing: the request's line follows."""

    def batch(self, record: BatchRecord) -> None:
        """Write nothing."""

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        """Write nothing."""

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        """Write nothing."""

    def load(self, record: LoadRecord) -> None:
        """Write nothing: loads are in the server's log."""


class _Line:
    """The text of a line, made only if a handler wants it."""

    def __init__(self, record: RequestRecord) -> None:
        self._record = record
        self._time = datetime.now(timezone.utc)

    def __str__(self) -> str:
        """Return the line; `json` escapes line breaks and all that is not ASCII."""
        record = self._record
        return json.dumps(
            {
                "time": self._time.isoformat(timespec="milliseconds"),
                "entrypoint": record.entrypoint,
                "api": record.api,
                "path": _cut(record.path),
                "model": _cut(record.model_name),
                "version": record.version,
                "code": record.code.name,
                "http_status": record.http_status,
                "ms": round(record.seconds * 1000, 3),
                "request_bytes": record.request_bytes,
                "response_bytes": record.response_bytes,
                "peer": record.peer,
            }
        )


def _cut(text: str) -> str:
    text = valid_text(text)
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 3] + "..."
