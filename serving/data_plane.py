"""The data plane: finds the model version of a request. All transports use it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from bert_aas.traffic.status import RECENT_S, plan_status
from serving.errors import InvalidArgumentError, NotFoundError, ServableNotFoundError
from serving.routing.keys import Keyed
from serving.routing.leases import RoutedLease
from serving.routing.router import Route, Router
from serving.routing.shadow import Shadow
from serving.servables.model import LoadedModel
from serving.states import VersionStatus
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from serving.versions.repository import ModelRepository


@dataclass(frozen=True)
class ModelQuery:
    """Which model a request is about: by name alone, with a version, or with a label."""

    name: str
    version: int | None = None
    label: str | None = None


@dataclass(frozen=True)
class ModelSummary:
    """What there is to say about a configured model.

    Attributes:
        name: As clients ask for it.
        labels: Version by label, as in force.
        statuses: Its versions, the highest first; empty before the first was seen.
        waits_for: Why no version serves yet, in words; empty if one does.
    """

    name: str
    labels: Mapping[str, int]
    statuses: Sequence[VersionStatus]
    waits_for: str = ""


class DataPlane:
    """All models of this process, as requests see them."""

    def __init__(
        self,
        registry: ModelRegistry,
        router: Router | None = None,
        shadow: Shadow | None = None,
    ) -> None:
        """Stand on a registry.

        Args:
            registry: The models.
            router: Plans of traffic; None if there never are any.
            shadow: Asks challengers in the shadow.
        """
        self._registry = registry
        self._router = router
        self._shadow = shadow

    @property
    def shares_out(self) -> bool:
        """Whether there may be plans of traffic, so that answers say which version gave them."""
        return self._router is not None

    def use(
        self, query: ModelQuery, request: Keyed | None = None
    ) -> AbstractContextManager[LoadedModel]:
        """Hold the version that a request asks for.

        Args:
            query: The request's model. Where it names neither version nor label, the plan of
                traffic chooses, if there is one; else the highest version answers.
            request: The request itself, whose key the plan chooses by; None if it asks no model.

        Returns:
            A context manager that yields the model and keeps it loaded meanwhile.

        Raises:
            InvalidArgumentError: If the label is unknown.
            ServableNotFoundError: If the model is; on entering also, if the version is.
            ServingError: If the request cannot be read.
        """
        route, repository = self._route(query), self._registry.repository(query.name)
        if route is not None and repository is not None:
            return self._routed(route, repository, request)
        version = query.version
        if query.label is not None:
            version = self._registry.labels(query.name).get(query.label)
            if version is None:
                raise InvalidArgumentError(f"Unrecognized servable version label: {query.label}")
        if repository is None:
            raise ServableNotFoundError(query.name, version)
        return repository.acquire(version)

    def _route(self, query: ModelQuery) -> Route | None:
        """Return the plan that chooses for a request; None where it names a version itself."""
        if self._router is None or query.version is not None or query.label is not None:
            return None
        return self._router.route(query.name)

    def _routed(
        self, route: Route, repository: ModelRepository, request: Keyed | None
    ) -> RoutedLease:
        """Hold the version that a plan chooses; the champion, if that one does not serve."""
        chosen, labels = route.arm(request).version, self._registry.labels(repository.name)
        wanted = dict.fromkeys((chosen, route.plan.champion.version))
        numbers = (labels.get(one, -1) if isinstance(one, str) else one for one in wanted)
        return RoutedLease(repository, list(numbers), None if request is None else route.watch)

    def experiment(self, query: ModelQuery) -> str:
        """Name the experiment that a request took part in.

        Args:
            query: The request's model.

        Returns:
            A name that no other plan of the model has; empty if no plan chose the version.
        """
        route = self._route(query)
        return "" if route is None else route.experiment

    def traffic(self, name: str) -> dict[str, Any] | None:
        """Describe the plan of traffic of a model.

        Args:
            name: The model.

        Returns:
            Values that JSON can hold; None if there is no plan.

        Raises:
            NotFoundError: If the model is unknown.
        """
        repository = self._registry.repository(name)
        if repository is None or not self.knows(name):
            raise NotFoundError(f"Could not find any versions of model {name}")
        route = None if self._router is None else self._router.route(name)
        if route is None or self._router is None:
            return None
        numbers = {arm.name: self._router.number(name, arm) for arm in route.plan.arms}
        serving = {
            arm: number if repository.is_available(number) else None
            for arm, number in numbers.items()
        }
        tallies, now = route.watch.tallies(), time.monotonic()
        figures = {version: tally.window(now, RECENT_S) for version, tally in tallies.items()}
        told = plan_status(route.plan, time.time(), serving, figures)
        if self._shadow is not None and route.plan.strategy == "shadow":
            told["shadow"] = self._shadow.status(name)
        if route.census is not None:
            told["keys"] = route.census.counts()
        return told

    def statuses(self, query: ModelQuery) -> list[VersionStatus]:
        """Report the versions of a model, the highest first.

        Args:
            query: Which model; its label is ignored, as TensorFlow Serving does.

        Returns:
            One status per version, or that of the version asked for.

        Raises:
            NotFoundError: If the model or the version is unknown.
        """
        repository = self._registry.repository(query.name)
        if repository is None:
            raise NotFoundError(f"Could not find any versions of model {query.name}")
        return repository.statuses(query.version)

    def models(self) -> list[ModelSummary]:
        """Describe the configured models, in the order of their configuration."""
        summaries = []
        for name in self._registry.configs:
            repository = self._registry.repository(name)
            statuses = [] if repository is None else repository.known_statuses()
            waits_for = "" if repository is None else repository.waits_for()
            labels = self._registry.labels(name)
            summaries.append(ModelSummary(name, labels, statuses, waits_for))
        return summaries

    def configs(self) -> list[ModelConfig]:
        """Return the configured models, in the order of their configuration."""
        return list(self._registry.configs.values())

    def names(self) -> list[str]:
        """Return the names of the configured models, in the order of their configuration."""
        return list(self._registry.configs)

    def knows(self, name: str) -> bool:
        """Tell whether a model of this name is configured."""
        return name in self._registry.configs

    def missed(self) -> list[str]:
        """Return the names of the models for whose absence the server is unready."""
        return self._registry.missed()

    def is_ready(self) -> bool:
        """Tell whether no model is missed; see `ModelRegistry.missed`."""
        return not self._registry.missed()

    def reload(self, configs: Sequence[ModelConfig], timeout_s: float | None = None) -> None:
        """Serve these models, and no others; return when those that are new can be asked.

        Args:
            configs: All models.
            timeout_s: Longest wait for the new models, seconds; None waits for ever.

        Raises:
            ServingError: As `ModelRegistry.reload`.
        """
        self._registry.reload(configs, timeout_s)
