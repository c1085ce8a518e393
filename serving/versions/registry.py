"""All models of a server: the current configuration, its labels, and the results of changes."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from serving.capture.rules import LoggingRules
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.observing.observer import Observer, Observers
from serving.versions.lifecycle import (
    LifecycleOptions,
    LoadVersion,
    VersionLoader,
    WarmUp,
    warm_nothing,
)
from serving.versions.model_config import ModelConfig, check_names
from serving.versions.repository import ModelRepository, NamedVersions, names_none
from serving.versions.turns import Turns

__all__ = ["LifecycleOptions", "ModelRegistry"]

_TICK_S = 0.05
_PATIENCE_S = 5.0


class ModelRegistry:
    """Models by name.

    A model that is no longer configured is unloaded, but its repository stays for its statuses.

    Source:
        TensorFlow Serving, `model_servers/server_core.cc`.
    """

    def __init__(
        self,
        load: LoadVersion,
        options: LifecycleOptions | None = None,
        observer: Observer | None = None,
        warm_up: WarmUp = warm_nothing,
        kept: NamedVersions = names_none,
    ) -> None:
        """Prepare an empty registry; `apply` says what to serve, and `start` begins.

        Args:
            load: Loads one version: (name, version, folder) to a model.
            options: Times, retries, labels.
            observer: Is told of every load.
            warm_up: Runs requests through each version before it serves.
            kept: Returns versions of a model to serve beside those of its policy.
        """
        self._options = options or LifecycleOptions()
        self._loader = VersionLoader(load, observer or Observers(), warm_up)
        self._kept = kept
        self._applying = threading.Lock()
        self._reloads = Turns()
        self._started = False
        self._stopped = False
        self._generation = 0
        # These three are replaced, never changed: requests read them without the lock.
        self._repositories: Mapping[str, ModelRepository] = {}
        self._configs: Mapping[str, ModelConfig] = {}
        self._labels: Mapping[str, Mapping[str, int]] = {}

    @property
    def configs(self) -> Mapping[str, ModelConfig]:
        """The configured models by name."""
        return self._configs

    def repository(self, name: str) -> ModelRepository | None:
        """Return the repository of a model that is or was configured; None for others."""
        return self._repositories.get(name)

    def labels(self, name: str) -> Mapping[str, int]:
        """Return the labels of a model that are in force: versions by label."""
        return self._labels.get(name, {})

    def logging_rules(self, name: str) -> LoggingRules | None:
        """Return the `logging_config` of a model; None if there is no such model, or none."""
        config = self._configs.get(name)
        return None if config is None else config.logging

    def start(self) -> None:
        """Begin to load and to poll."""
        with self._applying:
            self._started = True
            for repository in self._repositories.values():
                repository.start()

    def stop(self, timeout_s: float = 30.0) -> bool:
        """End polling and loading, and unload what requests no longer use.

        Args:
            timeout_s: How long to wait for loads under way and for requests, all in all, seconds.

        Returns:
            Whether everything is unloaded.
        """
        deadline = time.monotonic() + timeout_s
        with self._applying:
            self._started, self._stopped = False, True
        stopped = [
            repository.stop(max(0.0, deadline - time.monotonic()))
            for repository in self._repositories.values()
        ]
        return all(stopped)

    def poll(self) -> None:
        """Look at every base path once and do what can be done, in the caller's thread."""
        for repository in self._repositories.values():
            repository.poll()

    def look(self) -> None:
        """Look at every base path soon, without waiting for its time."""
        for repository in self._repositories.values():
            repository.look()

    def apply(self, configs: Sequence[ModelConfig], at_startup: bool = False) -> None:
        """Serve these models, and no others.

        Args:
            configs: All models.
            at_startup: Leaves the labels to `require_available`: nothing is loaded yet.

        Raises:
            InvalidArgumentError: If a name is empty or occurs twice; nothing has changed then.
            ServingError: FAILED_PRECONDITION if a label names a version that is not available; the
                models are those of `configs` then, and the labels the old ones.
        """
        check_names(configs)
        with self._applying:
            self._realise(configs)
            if not at_startup:
                self._assign_labels()

    def reload(self, configs: Sequence[ModelConfig], timeout_s: float | None = None) -> None:
        """Serve these models, and no others; return when those that are new can be asked.

        Args:
            configs: All models.
            timeout_s: Longest wait for the new models, seconds; None waits for ever.

        Raises:
            InvalidArgumentError: If a name is empty or occurs twice; nothing has changed then.
            DeadlineExceededError: If other reloads take too long, or the new models are still
                loading; they go on doing so.
            ServingError: If a new model cannot be loaded, if a label names a version that is not
                available (FAILED_PRECONDITION; the models are those of `configs` then, and the
                labels the old ones), if another reload waits while there is nothing to load or
                another configuration came in between (ABORTED), or if the server stops
                (UNAVAILABLE).
        """
        check_names(configs)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._reloads.take(deadline):
            self._reload(configs, deadline)

    def _reload(self, configs: Sequence[ModelConfig], deadline: float | None) -> None:
        with self._applying:
            new = self._realise(configs)
            generation = self._generation
        self._wait_for_new(new, deadline)
        with self._applying:
            if self._stopped:
                raise ServingError(Code.UNAVAILABLE, "The server is stopping.")
            if self._generation != generation:
                raise ServingError(Code.ABORTED, "Another configuration was applied meanwhile.")
            _require_loaded(new, "model(s)")
            self._assign_labels()

    def _wait_for_new(self, new: Sequence[ModelRepository], deadline: float | None) -> None:
        """Wait for new models; stop early if they cannot load and another reload waits."""
        patience_ends = time.monotonic() + _PATIENCE_S
        while not _wait_for_all(new, _TICK_S):
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise DeadlineExceededError(
                    f"Timed out waiting for new models to load: {_describe_waits(new)}"
                )
            in_vain = [repository.waits_for() for repository in new if repository.waits_in_vain()]
            if in_vain and now >= patience_ends and self._reloads.others_wait():
                raise ServingError(
                    Code.ABORTED,
                    f"Another reload follows, and there is nothing to load: {'; '.join(in_vain)}",
                )

    def wait_for_first_loads(self, timeout_s: float | None = None) -> bool:
        """Wait until every configured model has loaded its first versions or failed to.

        Args:
            timeout_s: Longest wait in seconds; None waits for ever.

        Returns:
            Whether that has happened.
        """
        return _wait_for_all(self._configured(), timeout_s)

    def waits_for(self) -> str:
        """Say in words what each configured model waits for that does not serve; empty if none."""
        return _describe_waits(self._configured())

    def require_available(self) -> None:
        """Check after the first loads that every model serves, and put the labels in force.

        Raises:
            ServingError: If a model has failed, or a label names a version that is not available.
        """
        with self._applying:
            _require_loaded(self._configured(), "servable(s)")
            self._assign_labels()

    def in_flight(self) -> int:
        """Return how many requests ask a model at this moment."""
        return sum(repository.in_flight() for repository in self._repositories.values())

    def missed(self) -> list[str]:
        """Return the names of the models whose absence makes the server unready.

        These are models that have served, as they are configured now. What a change adds and cannot
        be loaded is no reason to take all others away, unless nothing else serves.
        """
        asked = [repository for repository in self._configured() if not repository.asks_for_nothing]
        absent = [repository for repository in asked if not repository.is_available()]
        if len(absent) == len(asked):
            return [repository.name for repository in absent]
        return [repository.name for repository in absent if repository.has_served]

    def _configured(self) -> list[ModelRepository]:
        repositories = self._repositories
        return [repositories[name] for name in self._configs]

    def _realise(self, configs: Sequence[ModelConfig]) -> list[ModelRepository]:
        """Tell the repositories what to serve; return those of models that were not served."""
        if self._stopped:
            raise ServingError(Code.UNAVAILABLE, "The server is stopping.")
        before, after = self._configs, {config.name: config for config in configs}
        added = [name for name in after if name not in before]
        self._repositories = {**self._repositories, **self._new_repositories(added)}
        self._configs = after
        self._generation += 1
        for name in before.keys() - after.keys():
            self._repositories[name].configure(None)
        for name, config in after.items():
            self._repositories[name].configure(config)
        return [self._repositories[name] for name in added]

    def _new_repositories(self, names: Iterable[str]) -> dict[str, ModelRepository]:
        created = {
            name: ModelRepository(name, self._loader, self._options, self._kept)
            for name in names
            if name not in self._repositories
        }
        if self._started:
            for repository in created.values():
                repository.start()
        return created

    def _assign_labels(self) -> None:
        """Put the labels of the configuration in force, all or none."""
        for config in self._configs.values():
            for label, version in config.labels.items():
                self._check_label(config.name, label, version)
        self._labels = {name: dict(config.labels) for name, config in self._configs.items()}

    def _check_label(self, name: str, label: str, version: int) -> None:
        if self._repositories[name].is_available(version):
            return
        moves = self.labels(name).get(label, version) != version
        if moves or not self._options.allow_version_labels_for_unavailable_models:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"Request to assign label to version {version} of model {name}, "
                "which is not currently available for inference",
            )


def _describe_waits(repositories: Iterable[ModelRepository]) -> str:
    waits = {repository.name: repository.waits_for() for repository in repositories}
    return ", ".join(f"{name} ({what})" for name, what in waits.items() if what)


def _wait_for_all(repositories: Sequence[ModelRepository], timeout_s: float | None) -> bool:
    if timeout_s is None:
        return all(repository.wait_for_first_loads() for repository in repositories)
    deadline = time.monotonic() + timeout_s
    return all(
        repository.wait_for_first_loads(max(0.0, deadline - time.monotonic()))
        for repository in repositories
    )


def _require_loaded(repositories: Sequence[ModelRepository], what: str) -> None:
    """Refuse what has failed. Source: upstream `load_servables_fast.cc`, `server_core.cc`."""
    failures = [
        f"{{{{name: {repository.name} version: {status.version}}} due to error: "
        f"{status.code.name}: {status.message}}}, "
        for repository in repositories
        for status in repository.failures()
    ]
    if failures:
        text = f"{len(failures)} {what} did not become available: {{{''.join(failures)}}}"
        raise ServingError(Code.UNKNOWN, text)
