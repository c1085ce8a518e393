"""The versions of one model that requests and loading threads share: states, models, users."""

import threading
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import TracebackType

from serving.errors import ServableNotFoundError, ServingError
from serving.servables.model import LoadedModel
from serving.states import State, VersionStatus
from serving.versions.policy import Key


@dataclass(eq=False)
class Entry:
    """All that is known of one version; guarded by the table's lock.

    Attributes:
        key: Number and folder.
        state: Where it is in its life.
        error: Why it has ended, if a load failed.
        model: What serves.
        in_flight: Requests that use it.
        failure: Why the last load failed that another attempt follows.
    """

    key: Key
    state: State = State.START
    error: ServingError | None = None
    model: LoadedModel | None = None
    in_flight: int = 0
    failure: str = ""

    @property
    def version(self) -> int:
        """The version's number."""
        return self.key[0]

    def status(self) -> VersionStatus:
        """Return what a status request reports."""
        if self.error is None:
            engine = "" if self.model is None else self.model.engine
            return VersionStatus(self.version, self.state, engine=engine)
        return VersionStatus(self.version, self.state, self.error.code, self.error.message)


class Lease:
    """Holds a version for the time of a request; it is not unloaded meanwhile."""

    __slots__ = ("_entry", "_table", "_version")

    def __init__(self, table: "VersionTable", version: int | None) -> None:
        self._table = table
        self._version = version

    def __enter__(self) -> LoadedModel:
        """Take the version; ServableNotFoundError if it is not available."""
        self._entry, model = self._table.take(self._version)
        return model

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._table.release(self._entry)


class VersionTable:
    """States and models by version.

    Entries stay when their version has ended, as TensorFlow Serving's do: status requests still
    name it.
    """

    def __init__(self, name: str) -> None:
        """Start empty.

        Args:
            name: The model's name, for error texts.
        """
        self.name = name
        self._changed = threading.Condition(threading.Lock())
        self._entries: dict[Key, Entry] = {}
        self._serving: dict[int, Entry] = {}
        self._latest: Entry | None = None
        self._draining: set[Entry] = set()

    def take(self, version: int | None) -> tuple[Entry, LoadedModel]:
        """Begin to use a version; this is on the path of every request.

        Args:
            version: Which one; None takes the highest that is available.

        Returns:
            The entry to release, and its model.

        Raises:
            ServableNotFoundError: If that version is not available.
        """
        with self._changed:
            entry = self._latest if version is None else self._serving.get(version)
            if entry is not None and entry.model is not None:
                entry.in_flight += 1
                return entry, entry.model
        raise ServableNotFoundError(self.name, version)

    def release(self, entry: Entry) -> None:
        """End the use of an entry."""
        with self._changed:
            entry.in_flight -= 1
            if entry.in_flight == 0 and entry.state is State.UNLOADING:
                self._changed.notify_all()

    def in_flight(self) -> int:
        """Return how many requests use a version that serves."""
        return sum(entry.in_flight for entry in self._serving.values())

    def statuses(self) -> list[VersionStatus]:
        """Return the status of every version ever seen, the highest first."""
        shown: dict[int, Entry] = {}
        with self._changed:
            for entry in self._entries.values():
                other = shown.get(entry.version)
                if other is None or other.state is not State.AVAILABLE:
                    shown[entry.version] = entry
            return [shown[version].status() for version in sorted(shown, reverse=True)]

    def describe_wait(self, wanted: AbstractSet[Key]) -> str:
        """Say in words how far versions are that do not serve yet.

        Args:
            wanted: The versions to end up with.

        Returns:
            A phrase for each, joined.
        """
        phrases = []
        with self._changed:
            for key in sorted(wanted):
                entry = self._entries.get(key, Entry(key))
                phrases.append(f"version {entry.version} {_describe_wait(entry)}")
        return "; ".join(phrases)

    def ready(self) -> frozenset[Key]:
        """Return the versions that serve."""
        with self._changed:
            return frozenset(
                entry.key for entry in self._entries.values() if entry.state is State.AVAILABLE
            )

    def has_begun(self, keys: AbstractSet[Key]) -> bool:
        """Tell whether one of these versions is to be loaded, or is being loaded."""
        with self._changed:
            entries = [self._entries.get(key) for key in keys]
            return any(
                entry is not None and entry.state in {State.START, State.LOADING}
                for entry in entries
            )

    def has_settled(self, keys: AbstractSet[Key]) -> bool:
        """Return whether each of these versions serves or has finally failed."""
        with self._changed:
            return all(
                key in self._entries and self._entries[key].state in {State.AVAILABLE, State.END}
                for key in keys
            )

    def expect(self, wanted: AbstractSet[Key]) -> None:
        """Show versions that are to be loaded as START, and give up those that no longer are.

        Args:
            wanted: The versions to end up with.
        """
        with self._changed:
            for key in wanted:
                entry = self._entries.get(key)
                if entry is None or (entry.state is State.END and entry.error is None):
                    self._entries[key] = Entry(key)
            for key, entry in self._entries.items():
                if key not in wanted and entry.state in {State.START, State.LOADING}:
                    entry.state = State.END

    def begin(self, key: Key) -> None:
        """Show a version as LOADING."""
        with self._changed:
            self._entries[key] = Entry(key, State.LOADING)

    def publish(self, key: Key, model: LoadedModel) -> None:
        """Let a loaded version serve."""
        with self._changed:
            self._entries[key] = Entry(key, State.AVAILABLE, model=model)
            self._find_serving()

    def replace(self, key: Key, model: LoadedModel) -> Entry:
        """Let a version that was loaded again serve in place of itself.

        Args:
            key: A version that serves.
            model: The same version, loaded again.

        Returns:
            The entry of what served so far, UNLOADING; requests that use it go on.
        """
        with self._changed:
            before = self._entries[key]
            before.state = State.UNLOADING
            self._draining.add(before)
            self._entries[key] = Entry(key, State.AVAILABLE, model=model)
            self._find_serving()
            return before

    def fail(self, key: Key, error: ServingError, final: bool) -> None:
        """Record that a load has failed.

        Args:
            key: The version.
            error: Why.
            final: Whether it ends thereby; otherwise it is still LOADING, another attempt follows.
        """
        with self._changed:
            state = State.END if final else State.LOADING
            failure = "" if final else error.message
            self._entries[key] = Entry(key, state, error if final else None, failure=failure)

    def withdraw(self, key: Key) -> Entry:
        """Take a version out of service; requests that use it go on.

        Args:
            key: A version that serves.

        Returns:
            Its entry, UNLOADING.
        """
        with self._changed:
            entry = self._entries[key]
            entry.state = State.UNLOADING
            self._draining.add(entry)
            self._find_serving()
            return entry

    def wait_until_unused(self, entry: Entry, timeout_s: float | None = None) -> bool:
        """Wait until no request uses a withdrawn version.

        Args:
            entry: The version.
            timeout_s: Longest wait, seconds; None waits for ever.

        Returns:
            Whether none uses it.
        """
        with self._changed:
            return self._changed.wait_for(lambda: entry.in_flight == 0, timeout_s)

    def end(self, entry: Entry) -> None:
        """Record that a withdrawn version has been unloaded."""
        with self._changed:
            entry.model = None
            entry.state = State.END
            self._draining.discard(entry)
            self._changed.notify_all()

    def wait_until_drained(self, timeout_s: float) -> bool:
        """Wait until every withdrawn version has been unloaded.

        Args:
            timeout_s: Longest wait, seconds.

        Returns:
            Whether that has happened.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self._draining, timeout_s)

    def _find_serving(self) -> None:
        ready = [entry for entry in self._entries.values() if entry.state is State.AVAILABLE]
        self._serving = {entry.version: entry for entry in ready}
        self._latest = self._serving[max(self._serving)] if ready else None


def _describe_wait(entry: Entry) -> str:
    if entry.error is not None:
        return f"cannot be loaded: {entry.error.message}"
    if entry.failure:
        return f"waits for another attempt, as it could not be loaded: {entry.failure}"
    if entry.state is State.LOADING:
        return "is being loaded"
    return f"waits until the files in {entry.key[1]} stay the same"
