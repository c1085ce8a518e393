"""Refuse a configuration with which the steps could not work together, in one sentence."""

import re
from pathlib import Path

from models.errors import InvalidInputError
from pipeline.config import PipelineConfig
from pipeline.kubeflow_params import KubeflowParams

SQLITE = "sqlite:///"

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def check(config: PipelineConfig) -> None:
    """Look for what cannot work on a cluster.

    Args:
        config: The configuration, its local paths absolute.

    Raises:
        InvalidInputError: For the first thing that is found.
    """  # noqa: DOC502 - raised by what it calls
    _check_image(config.kubeflow)
    _check_folder("output_dir", config.output_dir, config.kubeflow)
    if config.push.directory is not None:
        _check_folder("push.directory", config.push.directory, config.kubeflow)
    _check_metadata(config)


def is_on_volume(location: str, params: KubeflowParams) -> bool:
    """Tell whether all steps see the same file or folder.

    Args:
        location: A path or a URI.
        params: The section `kubeflow`.

    Returns:
        Whether it is a path below the mounted volume.
    """
    return params.volume_claim is not None and Path(location).is_relative_to(params.mount_path)


def is_uri(location: str) -> bool:
    """Tell whether a location is an address rather than a path.

    Args:
        location: A path or a URI.

    Returns:
        Whether it names its scheme, as in `gs://bucket/folder`.
    """
    return "://" in location


def _check_image(params: KubeflowParams) -> None:
    if params.image is None:
        raise InvalidInputError(
            "`kubeflow.image` is missing: give the name of an image that has `bert-aas`, e.g. one "
            "built from deploy/pipeline.Dockerfile"
        )


def _check_folder(key: str, location: str, params: KubeflowParams) -> None:
    if is_uri(location) or is_on_volume(location, params):
        return
    raise InvalidInputError(
        f"`{key}` is {location}, which the steps do not share: give an address such as gs://… or "
        f"a folder below `kubeflow.mount_path` ({params.mount_path}), with the volume's claim in "
        "`kubeflow.volume_claim`"
    )


def _check_metadata(config: PipelineConfig) -> None:
    url, params = config.metadata.url, config.kubeflow
    if url is None:
        _check_default_metadata(config.output_dir)
    elif url.startswith(SQLITE):
        _check_sqlite(url.removeprefix(SQLITE), params)
    else:
        _check_variables(url, params)


def _check_default_metadata(output_dir: str) -> None:
    if is_uri(output_dir):
        raise InvalidInputError(
            f"`output_dir` is {output_dir}, where no SQLite file can be kept; `metadata.url` must "
            "name a server (mysql://… or postgresql://…)"
        )


def _check_sqlite(path: str, params: KubeflowParams) -> None:
    if not is_on_volume(path, params):
        raise InvalidInputError(
            f"`metadata.url` is a SQLite file, {path}, which the steps do not share: name a server "
            f"(mysql://… or postgresql://…), or a file below `kubeflow.mount_path` "
            f"({params.mount_path}), with the volume's claim in `kubeflow.volume_claim`"
        )


def _check_variables(url: str, params: KubeflowParams) -> None:
    for name in _VARIABLE.findall(url):
        if name not in params.secrets and name not in params.env:
            raise InvalidInputError(
                f"`metadata.url` needs the environment variable {name}, which no step gets: name "
                f"its secret in `kubeflow.secrets`, e.g. {{{name}: bert-aas-metadata/password}}"
            )
