"""The only module that speaks to MLflow: entries of versions, aliases, runs with their files.

MLflow takes seconds to import: only what needs a registry imports this module.
"""

import logging
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import UnavailableError
from bert_aas.contracts.extras import missing_extras
from bert_aas.contracts.files.atomic import written_aside
from bert_aas.contracts.files.hashes import file_hash
from bert_aas.registry.places import RegistryPlace
from bert_aas.registry.settings import prepare_mlflow
from bert_aas.registry.versions import ATTACHED, Candidate, Version

MODEL_FOLDER = "model"
"""The model among the files of a version, at a server."""

_PAGE = 200
_BATCH = 100
_MOST_LETTERS = 300
_THERE = "RESOURCE_ALREADY_EXISTS"
_ABSENT = "RESOURCE_DOES_NOT_EXIST"
_RUN_KEY = "bert_aas.registration_key"
_LOGGERS = ("mlflow", "alembic", "urllib3.connectionpool")
_SYSTEM_ERROR = re.compile(r"\[Errno \d+\] ([\w ]+)")


class MlflowStore:
    """A registry in MLflow."""

    def __init__(self, place: RegistryPlace) -> None:
        """Connect; a SQLite file that is not there is made, complete or not at all.

        Args:
            place: Where it is. What cannot be reached raises `UnavailableError`.
        """
        self.place = place
        _prepare()
        if place.file is not None and not place.file.exists():
            _make_database(place.file)
        with _errors(place):
            self._client = _client(place.url)

    def models(self) -> list[str]:
        """List the registered models."""
        with _errors(self.place):
            found = self._client.search_registered_models
            return sorted(model.name for model in _pages(found))

    def versions(self, model: str) -> list[Version]:
        """List the versions of a model, the oldest first; none if there is no such model."""
        name = model.replace("'", "")
        with _errors(self.place):
            found = _pages(self._client.search_model_versions, filter_string=f"name='{name}'")
            return sorted((_version(one) for one in found), key=lambda one: one.number)

    def create(self, candidate: Candidate, run: str, entries: Mapping[str, str]) -> int:
        """Make a version with all its entries, in one write.

        Args:
            candidate: The model.
            run: Id of MLflow's run.
            entries: Name to text.

        Returns:
            Its number: above all that were there.
        """
        with _errors(self.place):
            self._make_model(candidate.model)
            made = self._client.create_model_version(
                candidate.model,
                candidate.source,
                run_id=run or None,
                tags=dict(entries),
                description=candidate.reason,
            )
            return int(made.version)

    def write(self, model: str, number: int, name: str, text: str) -> None:
        """Write an entry of a version."""
        with _errors(self.place):
            self._client.set_model_version_tag(model, str(number), name, text)

    def erase(self, model: str, number: int, name: str) -> None:
        """Remove an entry of a version, if it is there."""
        with _errors(self.place), _absent_is_fine():
            self._client.delete_model_version_tag(model, str(number), name)

    def remove(self, model: str, number: int) -> None:
        """Remove a version, if it is there."""
        with _errors(self.place), _absent_is_fine():
            self._client.delete_model_version(model, str(number))

    def aliases(self, model: str) -> dict[str, int]:
        """Return alias to number of a model."""
        with _errors(self.place):
            found = self._client.get_registered_model(model).aliases
            return {name: int(number) for name, number in found.items()}

    def point(self, model: str, alias: str, number: int | None) -> None:
        """Point an alias to a version, or remove it."""
        with _errors(self.place):
            if number is None:
                self._client.delete_registered_model_alias(model, alias)
            else:
                self._client.set_registered_model_alias(model, alias, str(number))

    def track(self, candidate: Candidate, key: str, *, figures: bool) -> str:
        """Write a run with its figures and files; a run that was begun before is completed.

        Args:
            candidate: The model.
            key: Tells the run from all others.
            figures: Whether parameters, metrics and curves are written, too.

        Returns:
            The id of MLflow's run.
        """
        with _errors(self.place):
            run = self._run(candidate, key)
            if figures:
                self._write_figures(run, candidate)
            for name, file in candidate.files.items():
                self._client.log_artifact(run, str(file), name.rpartition("/")[0] or None)
            self._client.set_terminated(run, status="FINISHED")
            return run

    def upload(self, run: str, folder: Path) -> str:
        """Put a model beside the files of a run, where other machines find it.

        Args:
            run: Id of MLflow's run.
            folder: The model.

        Returns:
            Its address.
        """
        with _errors(self.place):
            self._client.log_artifacts(run, str(folder), MODEL_FOLDER)
            return f"{self._client.get_run(run).info.artifact_uri}/{MODEL_FOLDER}"

    def download(self, version: Version, folder: str) -> Path:
        """Fetch a model that lies at the server.

        Args:
            version: The version.
            folder: Where to put it.

        Returns:
            Its folder.
        """
        from mlflow.artifacts import download_artifacts  # noqa: PLC0415 (slow)

        with _errors(self.place):
            return Path(
                download_artifacts(
                    artifact_uri=version.source, dst_path=folder, tracking_uri=self.place.url
                )
            )

    def attach(self, version: Version, name: str, file: Path) -> None:
        """Add a file to those of a version: it counts once its hash is written.

        Args:
            version: The version; one that others registered may have no place for files.
            name: Its path among the files; it ends with the name of the file.
            file: The file.
        """
        if not version.tracking_run:
            return
        digest = file_hash(file)
        with _errors(self.place):
            self._client.log_artifact(version.tracking_run, str(file), name.rpartition("/")[0])
        self.write(version.model, version.number, f"{ATTACHED}{name}", digest)

    def file(self, version: Version, name: str, folder: Path) -> Path:
        """Fetch one file that belongs to a version.

        Args:
            version: The version.
            name: Its path among the files.
            folder: Where to put it; it exists.

        Returns:
            The file.
        """
        with _errors(self.place):
            found = self._client.download_artifacts(version.tracking_run, name, str(folder))
            return Path(found)

    def files(self, version: Version, folder: Path) -> None:
        """Fetch the files that belong to a version, without the model itself.

        Args:
            version: The version.
            folder: Where to put them; it exists.
        """
        if not version.tracking_run:
            return
        with _errors(self.place):
            for found in self._client.list_artifacts(version.tracking_run):
                if found.path == MODEL_FOLDER:
                    continue
                self._client.download_artifacts(version.tracking_run, found.path, str(folder))

    def _make_model(self, model: str) -> None:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 (slow)

        try:
            self._client.create_registered_model(model)
        except MlflowException as exc:
            if exc.error_code != _THERE:
                raise

    def _run(self, candidate: Candidate, key: str) -> str:
        experiment = self._experiment(candidate.model)
        begun = self._client.search_runs([experiment], f"tags.`{_RUN_KEY}` = '{key}'")
        if begun:
            return str(begun[-1].info.run_id)
        tags = {_RUN_KEY: key, "mlflow.user": candidate.by, **candidate.facts}
        made = self._client.create_run(experiment, tags=tags, run_name=candidate.run)
        return str(made.info.run_id)

    def _experiment(self, model: str) -> str:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 (slow)

        known = self._client.get_experiment_by_name(model)
        if known is None:
            files = self.place.files
            location = f"file://{files}/{model}" if files else None
            try:
                return str(self._client.create_experiment(model, location))
            except MlflowException as exc:
                if exc.error_code != _THERE:
                    raise
                known = self._client.get_experiment_by_name(model)
        return str(known.experiment_id)

    def _write_figures(self, run: str, candidate: Candidate) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415 (slow)

        # The run's own start as the time of all: written again, they are the same figures.
        at = self._client.get_run(run).info.start_time
        figures = [Metric(name, value, at, 0) for name, value in candidate.metrics.items()]
        for name, values in candidate.training.curves.items():
            figures += [Metric(name, value, at, step) for step, value in enumerate(values, 1)]
        params = [Param(name, str(value)) for name, value in candidate.parameters.items()]
        for metrics in _batches(figures):
            self._client.log_batch(run, metrics=metrics)
        for some in _batches(params):
            self._client.log_batch(run, params=some)


def _prepare() -> None:
    prepare_mlflow()
    for logger in _LOGGERS:
        logging.getLogger(logger).setLevel(logging.ERROR)


def _client(url: str) -> Any:
    with missing_extras():
        from mlflow import MlflowClient  # noqa: PLC0415 (slow)
    for logger in _LOGGERS:  # MLflow sets its own level
        logging.getLogger(logger).setLevel(logging.ERROR)
    return MlflowClient(tracking_uri=url, registry_uri=url)


def _make_database(file: Path) -> None:
    """Make the tables elsewhere: a process that is killed meanwhile leaves no half-made file."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder, file.name)
        _client(f"sqlite:///{new}").search_registered_models(max_results=1)
        with written_aside(file) as aside:
            source, target = sqlite3.connect(new), sqlite3.connect(aside)
            try:
                source.backup(target)
            finally:
                source.close()
                target.close()


def _version(found: Any) -> Version:
    at = datetime.fromtimestamp(found.creation_timestamp / 1000, timezone.utc)
    return Version(
        model=found.name,
        number=int(found.version),
        source=found.source,
        created=at.isoformat(timespec="milliseconds"),
        tracking_run=found.run_id or "",
        entries=dict(found.tags),
    )


def _pages(search: Any, **arguments: Any) -> Iterator[Any]:
    token: str | None = None
    while True:
        page = search(max_results=_PAGE, page_token=token, **arguments)
        yield from page
        token = page.token
        if not token:
            return


def _batches(values: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _BATCH):
        yield list(values[start : start + _BATCH])


@contextmanager
def _errors(place: RegistryPlace) -> Iterator[None]:
    """Say in a sentence that the registry cannot be used."""
    with missing_extras():
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 (slow)
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as exc:
        raise UnavailableError(
            f"the registry {place.url} cannot be used now: {_reason(exc)}; what was written stays, "
            "and the same command or run goes on from there"
        ) from exc


def _reason(exc: Exception) -> str:
    """Say why in a few words: what the system says of a connection, else what MLflow says."""
    text = " ".join(str(exc).split())
    found = _SYSTEM_ERROR.search(text)
    return found[1].strip().lower() if found else text[:_MOST_LETTERS]


@contextmanager
def _absent_is_fine() -> Iterator[None]:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 (slow)

    try:
        yield
    except MlflowException as exc:
        if exc.error_code != _ABSENT:
            raise
