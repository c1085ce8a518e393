"""The data plane: finds the model version a request asks for. Both transports stand on it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from serving.errors import InvalidArgumentError, NotFoundError
from serving.model import LoadedModel
from serving.repository import ModelRepository
from serving.versions import VersionStatus


@dataclass(frozen=True)
class ModelQuery:
    """Which model a request is about: by name alone, with a version, or with a label."""

    name: str
    version: int | None = None
    label: str | None = None


class DataPlane:
    """All models of this process, by name."""

    def __init__(self, repositories: Mapping[str, ModelRepository]) -> None:
        self._repositories = dict(repositories)

    def use(self, query: ModelQuery) -> AbstractContextManager[LoadedModel]:
        """Hold the version that a request asks for.

        Args:
            query: The request's model.

        Returns:
            A context manager that yields the model and keeps it loaded meanwhile.

        Raises:
            InvalidArgumentError: If the label is unknown.
            NotFoundError: If the model is; on entering also, if the version is.
        """
        if query.label is not None:  # labels need a model config file, which is not read yet
            raise InvalidArgumentError(f"Unrecognized servable version label: {query.label}")
        repository = self._repositories.get(query.name)
        if repository is None:
            which = f"Latest({query.name})"
            if query.version is not None:
                which = f"Specific({query.name}, {query.version})"
            raise NotFoundError(f"Servable not found for request: {which}")
        return repository.acquire(query.version)

    def statuses(self, query: ModelQuery) -> list[VersionStatus]:
        """Report the versions of a model, the highest first.

        Args:
            query: Which model; its label is ignored, as TensorFlow Serving does.

        Returns:
            One status per version, or that of the version asked for.

        Raises:
            NotFoundError: If the model or the version is unknown.
        """
        repository = self._repositories.get(query.name)
        if repository is None:
            raise NotFoundError(f"Could not find any versions of model {query.name}")
        return repository.statuses(query.version)
