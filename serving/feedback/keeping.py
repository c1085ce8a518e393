"""Keeps the counts of feedback in a file, so that they outlive the server."""

import json
import logging
import threading
from pathlib import Path
from typing import Any

from bert_aas.contracts.files.atomic import write_text
from bert_aas.traffic.statistics.intervals import Rewards
from serving.errors import SettingsError
from serving.feedback.feedback import Feedback
from serving.feedback.tallies import Tally

logger = logging.getLogger(__name__)

_FORMAT = 1
_PAUSE_S = 5.0
_SUMS = ("accuracy", "rewards", "chosen")


class Keeper:
    """Writes what was counted every few seconds, and at the end."""

    def __init__(self, feedback: Feedback, file: Path, pause_s: float = _PAUSE_S) -> None:
        """Prepare; `read` goes on from what is there, `start` begins to write.

        Args:
            feedback: The feedback of the server.
            file: The file; it need not be there yet. It belongs to one server.
            pause_s: Seconds between two looks.
        """
        self._feedback = feedback
        self._file = file
        self._pause_s = pause_s
        self._written = 0
        self._failed = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="feedback", daemon=True)

    def read(self) -> None:
        """Go on from what the file holds.

        Raises:
            SettingsError: If it is there and cannot be used.
        """
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
            tallies = {str(name): _tally(one) for name, one in _models(document).items()}
            self._feedback.server = str(document["server"])
        except FileNotFoundError:
            return
        except OSError as exc:
            reason = exc.strerror or exc
            raise SettingsError(f"--feedback_state_file {self._file}: {reason}") from exc
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise SettingsError(
                f"--feedback_state_file {self._file} holds no counts of feedback: {exc}"
            ) from exc
        for name, tally in tallies.items():
            self._feedback.tallies.put(name, tally)

    def start(self) -> None:
        """Begin to write, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Write what has come since, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.write()

    def write(self) -> None:
        """Write the counts if there are new ones; what fails is logged, once."""
        tallies = self._feedback.tallies
        changes = tallies.changes
        if changes == self._written:
            return
        models = {name: _document(tallies.of(name)) for name in tallies.models()}
        document = {"format": _FORMAT, "server": self._feedback.server, "models": models}
        try:
            write_text(self._file, json.dumps(document) + "\n")
        except OSError as exc:
            if not self._failed:
                logger.error("The counts of feedback cannot be kept in %s: %s", self._file, exc)
            self._failed = True
            return
        self._written, self._failed = changes, False

    def _work(self) -> None:
        while not self._stopping.wait(self._pause_s):
            self.write()


def _models(document: Any) -> Any:
    if document["format"] != _FORMAT:
        raise ValueError(f"its format is {document['format']!r}, not {_FORMAT}")
    return document["models"]


def _document(tally: Tally) -> dict[str, Any]:
    sums = {
        name: {version: [one.total, one.number] for version, one in getattr(tally, name).items()}
        for name in _SUMS
    }
    return {**sums, "experiment": tally.experiment, "refused": tally.refused}


def _tally(document: Any) -> Tally:
    accuracy, rewards, chosen = (
        {int(version): _rewards(*pair) for version, pair in document[name].items()}
        for name in _SUMS
    )
    refused = {str(why): int(number) for why, number in document["refused"].items()}
    return Tally(accuracy, rewards, chosen, str(document["experiment"]), refused)


def _rewards(total: Any, number: Any) -> Rewards:
    if not 0 <= float(total) <= float(number) < float("inf"):
        raise ValueError(f"{total} is no sum of {number} rewards")
    return Rewards(float(total), float(number))
