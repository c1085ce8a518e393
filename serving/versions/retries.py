"""Which versions that failed to load are tried again, and when."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from serving.files.fingerprint import Fingerprint
from serving.versions.policy import Key


@dataclass(frozen=True)
class _Failure:
    seen: Fingerprint
    attempts: int
    retry_at: float


class Retries:
    """Remembers failed loads.

    A version is tried again after a pause, a few times; then only when its folder changes, which
    starts the count again. TensorFlow Serving waits for the folder to disappear and come back; that
    works too.
    """

    def __init__(
        self, max_retries: int, interval_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare.

        Args:
            max_retries: How often an unchanged folder is tried after its first failure.
            interval_s: Pause before each of these attempts, seconds.
            clock: The time, in seconds.
        """
        self._max_retries = max_retries
        self._interval_s = interval_s
        self._clock = clock
        self._failures: dict[Key, _Failure] = {}

    def may_try(self, key: Key, seen: Fingerprint) -> bool:
        """Tell whether a version may be loaded now.

        Args:
            key: The version.
            seen: Its folder's fingerprint.

        Returns:
            True if it has not failed, if its folder has changed since, or if the pause is over.
        """
        failure = self._failures.get(key)
        return failure is None or failure.seen != seen or self._clock() >= failure.retry_at

    def record(self, key: Key, seen: Fingerprint) -> bool:
        """Take note of a failure.

        Args:
            key: The version.
            seen: The fingerprint of its folder from before the load.

        Returns:
            Whether another attempt will follow by itself.
        """
        before = self._failures.get(key)
        attempts = before.attempts + 1 if before is not None and before.seen == seen else 1
        again = attempts <= self._max_retries
        retry_at = self._clock() + self._interval_s if again else float("inf")
        self._failures[key] = _Failure(seen, attempts, retry_at)
        return again

    def clear(self, key: Key) -> None:
        """Forget the failures of a version that has been loaded."""
        self._failures.pop(key, None)

    def keep(self, keys: Collection[Key]) -> None:
        """Forget the failures of all versions but these."""
        self._failures = {key: failure for key, failure in self._failures.items() if key in keys}

    def pause_s(self, keys: Iterable[Key]) -> float:
        """Return the seconds until the first of these may be tried; infinite if none ever is."""
        times = [self._failures[key].retry_at for key in keys if key in self._failures]
        return max(0.0, min(times, default=float("inf")) - self._clock())
