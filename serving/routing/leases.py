"""Holds the version that a plan chose; another one answers if that one does not serve."""

from collections.abc import Sequence
from types import TracebackType

from serving.errors import ServableNotFoundError
from serving.routing.watching import Watch
from serving.servables.model import LoadedModel
from serving.versions.repository import ModelRepository
from serving.versions.version_table import Lease


class RoutedLease:
    """Holds the first of some versions that serves; a version that is missing fails no request."""

    __slots__ = ("_lease", "_repository", "_version", "_versions", "_watch")

    def __init__(
        self, repository: ModelRepository, versions: Sequence[int], watch: Watch | None
    ) -> None:
        """Prepare; entering takes a version.

        Args:
            repository: The versions of the model.
            versions: Those to try, in this order; after them the highest that serves.
            watch: Counts the request; None does not.
        """
        self._repository = repository
        self._versions = versions
        self._watch = watch

    def __enter__(self) -> LoadedModel:
        """Take a version; ServableNotFoundError if none serves."""
        model = self._take()
        if self._watch is None:
            return model
        self._version = model.version
        return self._watch.over(model)

    def _take(self) -> LoadedModel:
        for version in self._versions:
            lease = self._repository.acquire(version)
            try:
                model = lease.__enter__()
            except ServableNotFoundError:
                continue
            self._lease: Lease = lease
            return model
        self._lease = self._repository.acquire()
        return self._lease.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the version go, and count a request that failed."""
        if exc is not None and self._watch is not None:
            self._watch.fail(self._version, exc)
        self._lease.__exit__(kind, exc, trace)
