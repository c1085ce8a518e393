"""Follows the model config file while the server runs."""

import logging
import threading
from pathlib import Path

from serving.errors import ServingError
from serving.observing.lasting_failure import LastingFailure
from serving.versions.model_config import read_model_configs
from serving.versions.registry import ModelRegistry

logger = logging.getLogger(__name__)


class ConfigPoller:
    """Applies the model config file again and again, also when it has not changed.

    That repeats what failed before, such as a label whose version was not loaded yet. A file that
    cannot be read, or was emptied, is logged, and the configuration in force stays.
    """

    def __init__(
        self, file: Path, registry: ModelRegistry, wait_s: float, was_empty: bool = False
    ) -> None:
        """Prepare; `start` begins.

        Args:
            file: The model config file.
            registry: Where its models are served.
            wait_s: Seconds between two looks; 0 or less never looks.
            was_empty: Whether the file said nothing when the server started: as long as that is so,
                models come from elsewhere.
        """
        self._file = file
        self._registry = registry
        self._wait_s = wait_s
        self._was_empty = was_empty
        self._failure = LastingFailure(logger, "The present content of %s is not used: %s", file)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to poll, one period from now, in a thread of its own."""
        if self._wait_s > 0:
            self._thread = threading.Thread(target=self._work, name="model-config", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the polling; a look that is under way ends when the registry stops."""
        self._stopping.set()

    def poll(self) -> None:
        """Apply the file once; new models are waited for as long as a period lasts."""
        try:
            configs = read_model_configs(self._file)
            if configs is not None:
                self._was_empty = False
                self._registry.reload(configs, timeout_s=max(self._wait_s, 0.0))
        except ServingError as exc:
            self._failure.note(exc.message)
            return
        if configs is None and not self._was_empty:
            self._failure.note("it is empty")
        else:
            self._failure.end()

    def _work(self) -> None:
        while not self._stopping.wait(self._wait_s):
            self.poll()
