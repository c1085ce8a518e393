"""The versions of one model: found on disk, loaded, swapped while requests go on, and unloaded."""

import contextlib
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from serving.errors import Code, NotFoundError, ServingError
from serving.model import LoadedModel
from serving.versions import Fingerprint, State, VersionStatus, find_versions, fingerprint

logger = logging.getLogger(__name__)

LoadVersion = Callable[[str, int, Path], LoadedModel]


@dataclass
class _Entry:
    """Everything known of one version; guarded by the repository's lock."""

    version: int
    state: State = State.START
    error: ServingError | None = None
    failed_with: Fingerprint = ()
    model: LoadedModel | None = None
    in_flight: int = 0


class ModelRepository:
    """Serves the latest version below a base path and follows the path's changes.

    A new version is loaded before the old one goes. A version that fails to load ends with its
    error in the status, and the old one keeps serving; it is tried again once its folder changes,
    so a folder that was seen half-copied recovers by itself.

    Source:
        TensorFlow Serving, `core/availability_preserving_policy.cc`.
    """

    def __init__(
        self, name: str, base_path: Path, load: LoadVersion, poll_wait_s: float = 1.0
    ) -> None:
        """Prepare; `start` does the work.

        Args:
            name: The model's name.
            base_path: Folder of the version folders.
            load: Loads one version: (name, version, folder) to a model.
            poll_wait_s: Seconds between two looks at the base path; 0 or less looks once.
        """
        self.name = name
        self.base_path = base_path
        self._load = load
        self._poll_wait_s = poll_wait_s
        self._entries: dict[int, _Entry] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._first_attempt_done = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to load and to poll in a thread of its own."""
        self._thread = threading.Thread(
            target=self._poll_until_stopped, name=f"poll-{self.name}", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """End the polling; loaded versions stay callable until the object goes.

        Args:
            timeout_s: How long to wait for a load that is under way, seconds.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def wait_for_first_load(self, timeout_s: float | None = None) -> bool:
        """Wait until a first version was loaded or has failed.

        Args:
            timeout_s: Longest wait in seconds; None waits for ever.

        Returns:
            Whether that has happened.
        """
        return self._first_attempt_done.wait(timeout_s)

    def has_versions(self) -> bool:
        """Tell whether any version has been seen."""
        with self._changed:
            return bool(self._entries)

    def require_available(self) -> None:
        """Check that a version serves.

        Raises:
            ServingError: If none does; the message holds the error of each failed version.
        """
        statuses = self.statuses()
        if any(status.state is State.AVAILABLE for status in statuses):
            return
        reasons = ", ".join(
            f"{{name: {self.name} version: {status.version}}} due to error: "
            f"{status.code.name}: {status.message}"
            for status in statuses
        )
        raise ServingError(
            Code.UNKNOWN, f"{len(statuses)} servable(s) did not become available: {{{reasons}}}"
        )

    @contextlib.contextmanager
    def acquire(self, version: int | None = None) -> Iterator[LoadedModel]:
        """Hold a version for the time of a request; it is not unloaded meanwhile.

        Args:
            version: Which one; None takes the highest that is available.

        Yields:
            The model.

        Raises:
            NotFoundError: If that version is not available.
        """  # noqa: DOC502 - raised by what it calls
        entry, model = self._take(version)
        try:
            yield model
        finally:
            with self._changed:
                entry.in_flight -= 1
                self._changed.notify_all()

    def statuses(self, version: int | None = None) -> list[VersionStatus]:
        """Report the versions seen since the start, the highest first.

        Args:
            version: Only this one; None reports all, unloaded ones included.

        Returns:
            Their states.

        Raises:
            NotFoundError: If there is none.
        """
        with self._changed:
            found = [_status(self._entries[number]) for number in sorted(self._entries)[::-1]]
        if version is None:
            if not found:
                raise NotFoundError(f"Could not find any versions of model {self.name}")
            return found
        found = [status for status in found if status.version == version]
        if not found:
            raise NotFoundError(f"Could not find version {version} of model {self.name}")
        return found

    def poll(self) -> None:
        """Look at the base path once, load what is new, then unload what is no longer wanted.

        Raises:
            OSError: If the base path cannot be read; nothing has changed then.
        """  # noqa: DOC502 - raised by what it calls
        versions = find_versions(self.base_path)
        wanted = max(versions, default=None)
        self._forget_failures_of_vanished(versions)
        if wanted is not None:
            self._bring_up(wanted, versions[wanted])
            self._first_attempt_done.set()
            if not self._is_available(wanted):
                return  # the versions that serve now go on serving
        for version in self._available_versions():
            if version != wanted:
                self._unload(version)

    def _poll_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll()
            except OSError as exc:
                logger.warning("Cannot look for versions of model %s: %s", self.name, exc)
            if self._poll_wait_s <= 0:
                return
            self._stopping.wait(self._poll_wait_s)

    def _take(self, version: int | None) -> tuple[_Entry, LoadedModel]:
        with self._changed:
            ready = [entry for entry in self._entries.values() if entry.state is State.AVAILABLE]
            if version is not None:
                ready = [entry for entry in ready if entry.version == version]
            entry = max(ready, key=lambda candidate: candidate.version, default=None)
            if entry is None or entry.model is None:
                which = f"Latest({self.name})"
                if version is not None:
                    which = f"Specific({self.name}, {version})"
                raise NotFoundError(f"Servable not found for request: {which}")
            entry.in_flight += 1
            return entry, entry.model

    def _bring_up(self, version: int, path: Path) -> None:
        """Load a version unless it serves already or has failed and not changed since."""
        with self._changed:
            entry = self._entries.get(version)
            if entry is not None and entry.state is State.AVAILABLE:
                return
        seen = fingerprint(path)  # taken before the load: later changes call for another attempt
        if entry is not None and entry.error is not None and entry.failed_with == seen:
            return
        with self._changed:
            entry = self._entries[version] = _Entry(version, State.LOADING)
        try:
            model = self._load(self.name, version, path)
        except Exception as exc:  # whatever a broken folder raises must not end the polling
            self._end_with_error(entry, exc, seen)
            return
        with self._changed:
            entry.model = model
            entry.state = State.AVAILABLE
        logger.info("Model %s version %s is available.", self.name, version)

    def _end_with_error(self, entry: _Entry, exc: Exception, seen: Fingerprint) -> None:
        error = exc if isinstance(exc, ServingError) else None
        if error is None:
            error = ServingError(Code.UNKNOWN, f"{type(exc).__name__}: {exc}")
        with self._changed:
            entry.error = error
            entry.failed_with = seen
            entry.state = State.END
        logger.error(
            "Model %s version %s cannot be loaded: %s",
            self.name,
            entry.version,
            error.describe(),
            exc_info=None if isinstance(exc, ServingError) else exc,
        )

    def _unload(self, version: int) -> None:
        """Take a version out of service, wait for its requests, free its memory."""
        with self._changed:
            entry = self._entries[version]
            entry.state = State.UNLOADING
            self._changed.wait_for(lambda: entry.in_flight == 0)
            entry.model = None
            entry.state = State.END
        gc.collect()  # a loaded SavedModel is full of reference cycles
        logger.info("Model %s version %s is unloaded.", self.name, version)

    def _forget_failures_of_vanished(self, versions: dict[int, Path]) -> None:
        """Let a failed version that disappeared be tried again when it comes back."""
        with self._changed:
            for entry in self._entries.values():
                if entry.version not in versions:
                    entry.failed_with = ()

    def _is_available(self, version: int) -> bool:
        with self._changed:
            return self._entries[version].state is State.AVAILABLE

    def _available_versions(self) -> list[int]:
        with self._changed:
            entries = self._entries.values()
            return sorted(entry.version for entry in entries if entry.state is State.AVAILABLE)


def _status(entry: _Entry) -> VersionStatus:
    if entry.error is None:
        return VersionStatus(entry.version, entry.state)
    return VersionStatus(entry.version, entry.state, entry.error.code, entry.error.message)
