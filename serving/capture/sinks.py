"""Where inferences are written: files of JSON lines, or of PredictionLogs."""

import logging
import secrets
import time
from collections.abc import Hashable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from serving.capture.inference import Inference, Origin
from serving.capture.lines import capture_line
from serving.capture.prediction_logs import prediction_log
from serving.capture.redaction import Redactor
from serving.capture.retention import remove_old_files
from serving.capture.rolling_file import RollingFile
from serving.capture.rules import CaptureRules, FileLimits, LoggingRules
from serving.errors import ServingError
from serving.files.tfrecord import framed_record

logger = logging.getLogger(__name__)

_RETENTION_PAUSE_S = 60.0
_TOKEN_BYTES = 8

Entry = tuple[Inference, Origin]


class Sink:
    """One destination; all but `share` is used by the thread that writes.

    Attributes:
        name: What the metrics call it.
    """

    name = ""

    def __init__(self, limits: FileLimits) -> None:
        """Open nothing yet.

        Args:
            limits: When a file is full.
        """
        self._limits = limits
        self._files: dict[Hashable, RollingFile] = {}
        self._has_failed = False

    def share(self, model: str) -> float:
        """Return the share of a model's requests to write, 0 to 1."""
        raise NotImplementedError

    def encode(self, inference: Inference, origin: Origin) -> bytes:
        """Return an inference as it stands in a file."""
        raise NotImplementedError

    def place(self, inference: Inference) -> Hashable:
        """Return what inferences of the same file have in common."""
        raise NotImplementedError

    def new_path(self, place: Hashable) -> Path:
        """Name a new file of a place."""
        raise NotImplementedError

    def write(self, entries: Sequence[Entry]) -> list[Entry]:
        """Write inferences.

        Args:
            entries: The inferences.

        Returns:
            Those that could not be written; the first time in a row, the log says why.
        """
        by_place: dict[Hashable, list[Entry]] = {}
        for entry in entries:
            by_place.setdefault(self.place(entry[0]), []).append(entry)
        failed: list[Entry] = []
        for place, some in by_place.items():
            failed += self._write(place, some)
        return failed

    def tick(self) -> None:
        """Close files whose time is up."""
        for file in self._files.values():
            file.close_if_old()

    def close(self) -> None:
        """Close all files; what is written later goes into others."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _write(self, place: Hashable, entries: Sequence[Entry]) -> Sequence[Entry]:
        file = self._files.get(place)
        if file is None:
            file = self._files[place] = RollingFile(lambda: self.new_path(place), self._limits)
        encoded = {number: self._encoded(entry) for number, entry in enumerate(entries)}
        written = [record for record in encoded.values() if record is not None]
        try:
            if written:
                file.append(b"".join(written))
        except OSError as exc:
            self._say(f"{exc.strerror} ({exc.filename})" if exc.filename else str(exc.strerror))
            return entries
        if len(written) == len(entries):
            self._has_failed = False
        return [entries[number] for number, record in encoded.items() if record is None]

    def _encoded(self, entry: Entry) -> bytes | None:
        try:
            return self.encode(*entry)
        except ServingError as exc:
            self._say(exc.message)
        except Exception:  # the last edge: one odd request must not take others with it
            logger.exception("A request of model %s cannot be written down.", entry[0].model)
        return None

    def _say(self, reason: str) -> None:
        if not self._has_failed:
            logger.error("Requests cannot be written down (%s): %s.", self.name, reason)
        self._has_failed = True


class CaptureSink(Sink):
    """JSON lines, below a folder by model, version and hour."""

    name = "capture"

    def __init__(self, rules: CaptureRules) -> None:
        """Prepare.

        Args:
            rules: Where and what to write.
        """
        super().__init__(rules.file_limits)
        self.rules = rules
        self._redactor = Redactor(rules.redaction)
        self._last_look = float("-inf")

    def share(self, model: str) -> float:
        """Return what the capture config file says."""
        return self.rules.share(model)

    def encode(self, inference: Inference, origin: Origin) -> bytes:
        """Return a line."""
        return capture_line(inference, origin, self._redactor)

    def place(self, inference: Inference) -> Hashable:
        """Return the folder of the model's version and hour."""
        now = datetime.now(timezone.utc)
        version = Path(_folder_name(inference.model), str(inference.version))
        return version / now.strftime("%Y/%m/%d/%H")

    def new_path(self, place: Hashable) -> Path:
        """Name a file by its time."""
        return self.rules.folder / Path(str(place)) / f"{_unique()}.jsonl"

    def tick(self) -> None:
        """Close files whose time is up, those of past hours too; now and then, remove old ones."""
        super().tick()
        hour = datetime.now(timezone.utc).strftime("%Y/%m/%d/%H")
        for place in [place for place in self._files if not str(place).endswith(hour)]:
            self._files.pop(place).close()
        if time.monotonic() - self._last_look >= _RETENTION_PAUSE_S:
            self._last_look = time.monotonic()
            in_use = {file.path for file in self._files.values() if file.path is not None}
            with suppress(OSError):
                remove_old_files(self.rules.folder, self.rules.keep, in_use)


class PredictionLogSink(Sink):
    """TensorFlow Serving's `logging_config`: TFRecord files of PredictionLogs."""

    name = "logging_config"

    def __init__(self, rules: LoggingRules) -> None:
        """Prepare.

        Args:
            rules: Where to write, and what share.
        """
        super().__init__(FileLimits())
        self.rules = rules

    def share(self, model: str) -> float:
        """Return what the model config file says."""
        return self.rules.sampling_rate

    def encode(self, inference: Inference, origin: Origin) -> bytes:
        """Return a record."""
        return framed_record(prediction_log(inference, origin, self.rules.sampling_rate))

    def place(self, inference: Inference) -> Hashable:
        """Return the model's name."""
        return inference.model

    def new_path(self, place: Hashable) -> Path:
        """Name a file: the prefix, the model and the time."""
        name = _folder_name(str(place))
        return Path(f"{self.rules.filename_prefix}-{name}-{_unique()}.tfrecord")


def _folder_name(model: str) -> str:
    """Return a model's name as that of a folder: nothing in it leads elsewhere."""
    name = quote(model.encode("utf-8", "surrogateescape"), safe=" ")
    return name.replace(".", "%2E") if name.strip(".") == "" else name


def _unique() -> str:
    now = datetime.now(timezone.utc)
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(_TOKEN_BYTES)}"
