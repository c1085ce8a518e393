"""One model: follows its base path, loads and unloads versions while requests go on."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from serving.errors import NotFoundError
from serving.files.arrivals import LOOK_PAUSE_S, Arrivals
from serving.files.fingerprint import GRAPHS, Fingerprint
from serving.states import State, VersionStatus, find_versions
from serving.versions.lifecycle import LifecycleOptions, VersionLoader
from serving.versions.model_config import ModelConfig, Specific
from serving.versions.policy import Key, Load, Unload, choose, missing, next_action
from serving.versions.version_changer import VersionChanger
from serving.versions.version_table import Lease, VersionTable

logger = logging.getLogger(__name__)

_NEVER = float("inf")
_AFTER_FAILURE_S = 1.0
_SEEK_PAUSE_S = 1.0

NamedVersions = Callable[[str], Iterable[int | str]]
"""Returns the numbers and labels of the versions of a model that are kept beside its policy's."""


def names_none(_model: str) -> Iterable[int | str]:
    """Keep no further versions."""
    return ()


def _hint(base_path: Path) -> str:
    """Return what a base path without versions may be due to."""
    if not any(os.path.isfile(base_path / name) for name in GRAPHS):  # noqa: PTH113 - never raises
        return ""
    return (
        "; it is a SavedModel itself: give its parent folder, and give this folder a "
        "number as its name"
    )


class ModelRepository:
    """The versions of one model.

    A thread of its own looks at the base path, loads and unloads, so a slow load or a missing
    folder holds up no other model. Requests only take a lock. A version that requests still use is
    unloaded by a further thread, so a stuck request does not hold up the next version.

    A version that fails to load ends with its error in the status, and what serves goes on
    serving. A version into whose folder files come is loaded again beside itself. Without a
    configuration everything is unloaded, but statuses stay.
    """

    def __init__(
        self,
        name: str,
        loader: VersionLoader,
        options: LifecycleOptions,
        kept: NamedVersions = names_none,
    ) -> None:
        """Prepare; `configure` says what to serve, and `start` begins.

        Args:
            name: The model's name.
            loader: Loads versions.
            options: Times and retries.
            kept: Returns versions to serve beside those of the policy; asked at every look at the
                base path, after its folders were listed.
        """
        self.name = name
        self._kept = kept
        self._looks_wanted = 0
        self._poll_wait_s = options.poll_wait_s
        self._watch_wait_s = options.watch_wait_s
        self._arrivals = Arrivals()
        self._table = VersionTable(name)
        self._changer = VersionChanger(self._table, loader, options)
        self._retries = self._changer.retries
        self._config: ModelConfig | None = None
        self._wanted: frozenset[Key] = frozenset()
        self._found: Mapping[int, Path] = {}
        self._observed: ModelConfig | None = None
        self._looked_at: ModelConfig | None = None
        self._noticed = ""
        self._poll_at = _NEVER
        self._watch_at = 0.0
        self._pause_s = _NEVER
        self._control = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._first_loads_done = threading.Event()
        self._has_served = False
        self._started = False
        self._thread: threading.Thread | None = None

    def configure(self, config: ModelConfig | None) -> None:
        """Say what to serve from now on; the base path is looked at without waiting for its time.

        Args:
            config: The model's configuration; None unloads everything.
        """
        with self._control:
            if self._config is None:
                self._first_loads_done.clear()
            if config is None or not config.serves_like(self._config):
                self._has_served = False
            self._config = config
            if self._poll_wait_s >= 0 or config is None:
                self._poll_at = 0.0
            self._run_thread()
        self._wake.set()

    def look(self) -> None:
        """Look at the base path now, without waiting for its time, if it is looked at at all."""
        with self._control:
            if self._config is None or self._poll_wait_s < 0:
                return
            self._looks_wanted += 1
            self._poll_at = 0.0
        self._wake.set()

    def start(self) -> None:
        """Begin to load and to poll."""
        with self._control:
            self._started = True
            self._run_thread()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """End polling and loading, then unload every version that no request uses any more.

        Args:
            timeout_s: How long to wait for a load under way, and then for requests, seconds.

        Returns:
            Whether everything is unloaded.
        """
        deadline = time.monotonic() + timeout_s
        self._stopping.set()
        self._changer.stop()
        self._wake.set()
        self._first_loads_done.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():  # it owns the versions; one that it still loads never serves
                return False
        for key in sorted(self._table.ready()):
            self._unload(key)
        return self._table.wait_until_drained(max(0.0, deadline - time.monotonic()))

    def acquire(self, version: int | None = None) -> Lease:
        """Hold a version for the time of a request; it is not unloaded meanwhile.

        Args:
            version: Which one; None takes the highest that is available.

        Returns:
            A context manager that yields the model, or raises NotFoundError on entering.
        """
        return Lease(self._table, version)

    def statuses(self, version: int | None = None) -> list[VersionStatus]:
        """Report the versions seen since the start, the highest first.

        Args:
            version: Only this one; None reports all, unloaded ones included.

        Returns:
            Their states.

        Raises:
            NotFoundError: If there is none.
        """
        found = self.known_statuses()
        if version is None:
            if not found:
                raise NotFoundError(f"Could not find any versions of model {self.name}")
            return found
        found = [status for status in found if status.version == version]
        if not found:
            raise NotFoundError(f"Could not find version {version} of model {self.name}")
        return found

    def known_statuses(self) -> list[VersionStatus]:
        """Report the versions seen since the start, the highest first; maybe none."""
        return self._table.statuses()

    def in_flight(self) -> int:
        """Return how many requests use a version that serves."""
        return self._table.in_flight()

    def failures(self) -> list[VersionStatus]:
        """Return the failed versions if no version serves, otherwise nothing."""
        statuses = self._table.statuses()
        if any(status.state is State.AVAILABLE for status in statuses):
            return []
        return [status for status in statuses if status.code]

    def is_available(self, version: int | None = None) -> bool:
        """Tell whether a version serves.

        Args:
            version: Which one; None asks for any.

        Returns:
            Whether requests for it would be answered.
        """
        ready = self._table.ready()
        return any(version in {None, number} for number, _folder in ready)

    @property
    def has_served(self) -> bool:
        """Whether a version has served since the model is configured as it is now."""
        return self._has_served

    @property
    def asks_for_nothing(self) -> bool:
        """Whether the configuration wants no version to serve."""
        config = self._config
        return config is None or config.policy == Specific(())

    def waits_in_vain(self) -> bool:
        """Tell whether the base path was looked at, and there is nothing that may be loaded."""
        if self._looked_at is not self._config or self._first_loads_done.is_set():
            return False
        return not self._table.has_begun(self._wanted)

    def wait_for_first_loads(self, timeout_s: float | None = None) -> bool:
        """Wait until each version that was wanted first has been loaded or has finally failed.

        Args:
            timeout_s: Longest wait in seconds; None waits for ever.

        Returns:
            Whether there is nothing to wait for any more; that is also so after a stop, and when
            the model is no longer configured.
        """
        return self._first_loads_done.wait(timeout_s)

    def waits_for(self) -> str:
        """Say in words why no version serves yet; empty if one does, or none is asked for."""
        if self._config is None or self.is_available():
            return ""
        if self._poll_wait_s < 0:
            return "the base path is never looked at, as --file_system_poll_wait_seconds says"
        return self._noticed or self._table.describe_wait(self._wanted)

    def poll(self) -> None:
        """Look at all folders once and do all that can be done now, in the caller's thread."""
        self._observe()
        self._watch_at = 0.0
        while self._advance():
            pass

    def _run_thread(self) -> None:
        if self._started and self._thread is None and not self._stopping.is_set():
            self._thread = threading.Thread(
                target=self._work, name=f"versions-{self.name}", daemon=True
            )
            self._thread.start()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if time.monotonic() >= self._poll_at:
                    self._observe()
                if self._advance():
                    continue
            except Exception:  # the thread's edge: the model must not stay as it is
                logger.exception("Model %s: a step of its life cycle failed.", self.name)
                self._stopping.wait(_AFTER_FAILURE_S)
                continue
            with self._control:
                if self._config is None and self._poll_at == _NEVER:
                    self._thread = None  # all is unloaded; `configure` starts another thread
                    return
            until_poll_s = max(0.0, self._poll_at - time.monotonic())
            pause_s = min(until_poll_s, self._pause_s)
            self._wake.wait(None if pause_s == _NEVER else pause_s)

    def _observe(self) -> None:
        """Find out which versions are wanted; if the base path cannot be read, nothing changes."""
        config, wanted = self._config, self._looks_wanted
        try:
            found = {} if config is None else find_versions(config.base_path)
        except (OSError, ValueError) as exc:  # ValueError: a path that no system can have
            self._notice(f"cannot look for versions and tries again later: {exc}")
        else:
            self._want(config, found)
        self._looked_at = config
        with self._control:
            # Otherwise it is time for another look.
            if self._config is config and self._looks_wanted == wanted:
                self._poll_at = time.monotonic() + self._until_next_look_s(config)

    def _until_next_look_s(self, config: ModelConfig | None) -> float:
        if config is None or self._poll_wait_s < 0:
            return _NEVER
        if self._poll_wait_s > 0:
            return self._poll_wait_s
        # Looking once means until there was something to see.
        found_nothing = self._observed is not config or not self._wanted
        return _SEEK_PAUSE_S if found_nothing and config.policy != Specific(()) else _NEVER

    def _want(self, config: ModelConfig | None, found: Mapping[int, Path]) -> None:
        kept = set() if config is None else self._kept_numbers(config)
        self._wanted = frozenset() if config is None else choose(config.policy, found, kept)
        self._observed, self._found = config, found
        self._retries.keep(set(found.items()))
        self._arrivals.keep(set(found.values()))
        self._table.expect(self._wanted)
        if config is None:
            return
        absent = missing(config.policy, found, kept)
        if absent:
            self._notice(f"{config.base_path} does not hold the versions {absent}")
        elif not found:
            self._notice(f"{config.base_path} holds no version folder{_hint(config.base_path)}")
        else:
            self._notice("")

    def _kept_numbers(self, config: ModelConfig) -> set[int]:
        names = self._kept(self.name)
        numbers = (config.labels.get(one) if isinstance(one, str) else one for one in names)
        return {number for number in numbers if number is not None}

    def _notice(self, what: str) -> None:
        """Warn, but not of the same thing at every poll."""
        if what and what != self._noticed:
            logger.warning("Model %s: %s.", self.name, what)
        self._noticed = what

    def _advance(self) -> bool:
        """Do one step; return whether anything was done."""
        loadable = self._find_loadable()
        match next_action(self._wanted, self._table.ready(), loadable.keys()):
            case Unload(key):
                self._unload(key)
            case Load(key):
                self._changer.load(key, loadable[key])
            case None:
                self._note_first_loads()
                return self._load_late_files()
        return True

    def _find_loadable(self) -> dict[Key, Fingerprint]:
        """Return the wanted versions that may be loaded now, and when to look again."""
        waiting = self._wanted - self._table.ready()
        looks = {key: self._arrivals.look(key[1]) for key in waiting}
        complete = {key: seen for key, seen in looks.items() if seen is not None}
        self._pause_s = self._retries.pause_s(complete)
        if len(complete) < len(looks):
            self._pause_s = min(self._pause_s, LOOK_PAUSE_S)
        return {key: seen for key, seen in complete.items() if self._retries.may_try(key, seen)}

    def _load_late_files(self) -> bool:
        """Load one version again into whose folder files have come; return whether one was."""
        if self._poll_wait_s <= 0:
            return False
        pause_s = self._watch_at - time.monotonic()
        if pause_s <= 0:
            if self._changer.load_late_files():
                return True
            pause_s = min(self._changer.late_files.pause_s(), self._watch_wait_s)
            self._watch_at = time.monotonic() + pause_s
        self._pause_s = min(self._pause_s, pause_s)
        return False

    def _unload(self, key: Key) -> None:
        self._changer.unload(key, self._reason(key))

    def _reason(self, key: Key) -> str:
        """Say why a version is unloaded."""
        if self._stopping.is_set():
            return "the server stops"
        if self._observed is None:
            return "the model is no longer configured"
        others = sorted(version for version, _folder in self._wanted & self._table.ready())
        if others:
            return f"version {', '.join(map(str, others))} serves"
        if self._found.get(key[0]) != key[1]:
            return "its folder is gone"
        return "it is not requested"

    def _note_first_loads(self) -> None:
        config = self._observed
        serves_none = config is None or config.policy == Specific(())
        with self._control:
            if self._config is not config or not (self._wanted or serves_none):
                return
            self._has_served |= bool(self._wanted & self._table.ready())
            if self._table.has_settled(self._wanted):
                self._first_loads_done.set()
