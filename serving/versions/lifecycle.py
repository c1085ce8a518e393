"""How versions are loaded: the functions that the server passes in, and their options."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from serving.errors import Code, ServingError
from serving.observing.observer import LoadRecord, Observer
from serving.servables.model import LoadedModel

logger = logging.getLogger(__name__)

_CODES = {
    FileNotFoundError: Code.NOT_FOUND,
    NotADirectoryError: Code.NOT_FOUND,
    PermissionError: Code.PERMISSION_DENIED,
}

LoadVersion = Callable[[str, int, Path], LoadedModel]
"""Loads one version: (name, version, folder) to a model."""

WarmUp = Callable[[LoadedModel, Path], int]
"""Runs requests through a model that was loaded from a folder; returns how many."""


@dataclass(frozen=True)
class LifecycleOptions:
    """How models are followed; names and defaults are TensorFlow Serving's flags.

    Attributes:
        poll_wait_s: Seconds between two looks at the base paths; 0 looks until versions are there,
            less never.
        max_num_load_retries: How often a failed load is repeated.
        load_retry_interval_s: Pause before a repetition, seconds.
        allow_version_labels_for_unavailable_models: Whether a new label may name a version that
            is not available.
        watch_wait_s: Seconds between two looks at the folders of versions that serve; none if the
            base paths are looked at only once or never.
    """

    poll_wait_s: float = 1.0
    max_num_load_retries: int = 5
    load_retry_interval_s: float = 60.0
    allow_version_labels_for_unavailable_models: bool = False
    watch_wait_s: float = 5.0


def warm_nothing(_model: LoadedModel, _folder: Path) -> int:
    """Run no requests."""
    return 0


class VersionLoader:
    """Loads and warms versions, and reports every attempt."""

    def __init__(
        self, load: LoadVersion, observer: Observer, warm_up: WarmUp = warm_nothing
    ) -> None:
        """Prepare.

        Args:
            load: Loads one version.
            observer: Is told of every attempt.
            warm_up: Runs after each load, before the version serves.
        """
        self._load = load
        self._observer = observer
        self._warm_up = warm_up

    def load(self, name: str, version: int, folder: Path) -> LoadedModel:
        """Load and warm one version.

        Args:
            name: The model.
            version: Its version.
            folder: The version's folder.

        Returns:
            The model, ready for requests.

        Raises:
            ServingError: Whatever went wrong; UNKNOWN if it was neither a ServingError itself nor a
                file that is not there or not to be read.
        """
        started = time.monotonic()
        try:
            model, records, warming_s = self._load_warm(name, version, folder)
        except Exception as exc:  # whatever a broken folder raises must not end the polling
            error = _to_serving_error(exc)
            seconds = time.monotonic() - started
            self._observer.load(LoadRecord(name, version, error.code, seconds))
            raise error from exc
        seconds = time.monotonic() - started
        self._observer.load(LoadRecord(name, version, Code.OK, seconds, records, warming_s))
        return model

    def _load_warm(self, name: str, version: int, folder: Path) -> tuple[LoadedModel, int, float]:
        model = self._load(name, version, folder)
        started = time.monotonic()
        try:
            records = self._warm_up(model, folder)
        except BaseException:
            model.close()
            raise
        return model, records, time.monotonic() - started


def _to_serving_error(exc: Exception) -> ServingError:
    if isinstance(exc, ServingError):
        return exc
    if isinstance(exc, OSError) and exc.strerror:
        code = next((code for kind, code in _CODES.items() if isinstance(exc, kind)), Code.UNKNOWN)
        return ServingError(code, f"{exc.filename}; {exc.strerror}")  # as TensorFlow words it
    logger.error("A load has failed in an unforeseen way.", exc_info=exc)
    return ServingError(Code.UNKNOWN, f"{type(exc).__name__}: {exc}")
