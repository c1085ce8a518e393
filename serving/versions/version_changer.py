"""Loads, replaces and unloads the versions of one model; the log has a line for each step."""

import gc
import logging
import threading
import time

from serving.errors import ServingError
from serving.files.fingerprint import Fingerprint
from serving.files.late_files import Late, LateFiles
from serving.servables.model import LoadedModel
from serving.versions.lifecycle import LifecycleOptions, VersionLoader
from serving.versions.policy import Key
from serving.versions.retries import Retries
from serving.versions.version_table import Entry, VersionTable

logger = logging.getLogger(__name__)

_MAX_NAMES = 5  # of files in a line


class VersionChanger:
    """Changes what a version table holds; one thread at a time calls it.

    Attributes:
        retries: Which versions that failed are tried again.
        late_files: Which loaded versions have got further files.
    """

    def __init__(
        self, table: VersionTable, loader: VersionLoader, options: LifecycleOptions
    ) -> None:
        """Prepare.

        Args:
            table: The versions of a model.
            loader: Loads versions.
            options: How often loads that failed are repeated.
        """
        self.retries = Retries(options.max_num_load_retries, options.load_retry_interval_s)
        self.late_files = LateFiles()
        self._table = table
        self._loader = loader
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let nothing serve that is loaded from now on."""
        self._stopping.set()

    def load(self, key: Key, seen: Fingerprint) -> None:
        """Try to load a version; it serves then, or has its error in its status.

        Args:
            key: The version.
            seen: Its folder's fingerprint.
        """
        version, folder = key
        self._table.begin(key)
        self._log(logging.INFO, version, f"is being loaded from {folder}.")
        started = time.monotonic()
        try:
            model = self._loader.load(self._table.name, version, folder)
        except ServingError as error:
            again = self.retries.record(key, seen)
            self._table.fail(key, error, final=not again)
            what = "cannot be loaded, another attempt follows" if again else "cannot be loaded"
            self._log(logging.ERROR, version, f"{what} ({_took(started)}): {error.describe()}")
            return
        if self._keeps(model, key, seen):
            self._table.publish(key, model)
            self._log(
                logging.INFO, version, f"is available on {model.engine}, after {_took(started)}."
            )

    def load_late_files(self) -> bool:
        """Look whether files have come into the folder of a version that serves.

        Returns:
            Whether one version was loaded again, or failed to be.
        """
        ready = self._table.ready()
        self.late_files.keep({folder for _version, folder in ready})
        for key in sorted(ready):
            late = self.late_files.look(key[1])
            if late is not None and self.retries.may_try(key, late.seen):
                self._load_again(key, late)
                return True
        return False

    def unload(self, key: Key, reason: str) -> None:
        """Take a version out of service, and free it when no request uses it any more.

        Args:
            key: A version that serves.
            reason: Why, for the log.
        """
        entry = self._table.withdraw(key)
        self._log(logging.INFO, entry.version, f"no longer serves: {reason}.")
        self._free(entry)

    def _load_again(self, key: Key, late: Late) -> None:
        """Load a version that serves once more, beside itself, and let that take over."""
        version, folder = key
        names = ", ".join(late.names[:_MAX_NAMES])
        if len(late.names) > _MAX_NAMES:
            names += f" and {len(late.names) - _MAX_NAMES} more"
        self._log(logging.INFO, version, f"is loaded again, because there are new files: {names}.")
        started = time.monotonic()
        try:
            model = self._loader.load(self._table.name, version, folder)
        except ServingError as error:
            if not self.retries.record(key, late.seen):
                self.late_files.remember(folder, late.seen)
            what = "cannot be loaded with the new files, and serves as before"
            self._log(logging.ERROR, version, f"{what} ({_took(started)}): {error.describe()}")
            return
        if self._keeps(model, key, late.seen):
            entry = self._table.replace(key, model)
            what = "is replaced by itself with the new files"
            self._log(logging.INFO, version, f"{what}, on {model.engine}, after {_took(started)}.")
            self._free(entry)

    def _keeps(self, model: LoadedModel, key: Key, seen: Fingerprint) -> bool:
        """Take note of a version that was loaded; return whether it may serve."""
        self.retries.clear(key)
        self.late_files.remember(key[1], seen)
        if self._stopping.is_set():
            model.close()
            return False
        return True

    def _free(self, entry: Entry) -> None:
        """Free a withdrawn version, in a thread of its own if requests still use it."""
        if self._table.wait_until_unused(entry, 0):
            self._close(entry)
            return
        name = f"unload-{self._table.name}-{entry.version}"
        threading.Thread(target=self._close, args=(entry,), name=name, daemon=True).start()

    def _close(self, entry: Entry) -> None:
        """Free a withdrawn version as soon as no request uses it."""
        started = time.monotonic()
        self._table.wait_until_unused(entry)
        try:
            if entry.model is not None:
                entry.model.close()
        except Exception:  # its memory may be lost, but the other versions must go on
            logger.exception("Model %s version %s: close failed.", self._table.name, entry.version)
        self._table.end(entry)
        gc.collect()  # models hold each other's parts in circles, and circles wait for this
        self._log(logging.INFO, entry.version, f"is unloaded, after {_took(started)}.")

    def _log(self, level: int, version: int, what: str) -> None:
        logger.log(level, "Model %s version %s %s", self._table.name, version, what)


def _took(started: float) -> str:
    return f"{time.monotonic() - started:.2f} s"
