"""Refuse a configuration whose containers could not share their files or their metadata."""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from pipeline.config.pipeline_config import PipelineConfig

SQLITE = "sqlite:///"

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Containers:
    """What the containers of a runner have in common.

    Attributes:
        name: What the runner calls them, plural.
        section: The configuration section with `volume_claim` and `mount_path`.
        volume_claim: Claim of the volume that all of them mount, if any.
        mount_path: Where they see that volume.
        variables: Environment variables that all of them get; `None` if that is not known.
        variable_hint: How to give them another one; `{name}` stands for its name.
    """

    name: str
    section: str
    volume_claim: str | None
    mount_path: str
    variables: Collection[str] | None
    variable_hint: str

    def share(self, location: str) -> bool:
        """Tell whether all containers see the same file or folder.

        Args:
            location: A path or a URI.

        Returns:
            Whether it is a path below the mounted volume.
        """
        path = Path(os.path.normpath(location))
        return self.volume_claim is not None and path.is_relative_to(self.mount_path)

    @property
    def volume_hint(self) -> str:
        """How to put a path where all containers see it."""
        return (
            f"below `{self.section}.mount_path` ({self.mount_path}), with the volume's claim in "
            f"`{self.section}.volume_claim`"
        )


def check_shared_storage(config: PipelineConfig, containers: Containers) -> None:
    """Look for what the containers of a run could not share.

    Args:
        config: The configuration, its local paths absolute.
        containers: The containers of the runner.

    Raises:
        InvalidInputError: For the first thing that is found.
    """
    _check_folder("output_dir", config.output_dir, containers)
    if config.push.directory is not None:
        _check_folder("push.directory", config.push.directory, containers)
    url = config.metadata.url
    if url is None:
        _check_default_metadata(config.output_dir)
    elif url.startswith(SQLITE):
        _check_sqlite(url.removeprefix(SQLITE), containers)
    else:
        _check_variables(url, containers)


def _check_folder(key: str, location: str, containers: Containers) -> None:
    if not is_remote(location) and not containers.share(location):
        raise InvalidInputError(
            f"`{key}` is {location}, which the {containers.name} do not share: give an address "
            f"such as gs://… or a folder {containers.volume_hint}"
        )


def _check_default_metadata(output_dir: str) -> None:
    if is_remote(output_dir):
        raise InvalidInputError(
            f"`output_dir` is {output_dir}, where no SQLite file can be kept; `metadata.url` must "
            "name a server (mysql://… or postgresql://…)"
        )


def _check_sqlite(path: str, containers: Containers) -> None:
    if not containers.share(path):
        raise InvalidInputError(
            f"`metadata.url` is a SQLite file, {path}, which the {containers.name} do not share: "
            "name a server (mysql://… or postgresql://…), or a file "
            f"{containers.volume_hint}"
        )


def _check_variables(url: str, containers: Containers) -> None:
    if containers.variables is None:
        return
    for name in _VARIABLE.findall(url):
        if name not in containers.variables:
            raise InvalidInputError(
                f"`metadata.url` needs the environment variable {name}, which the "
                f"{containers.name} do not get: {containers.variable_hint.format(name=name)}"
            )
