"""Refuse a configuration with which the steps could not work together, in one sentence."""

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.kubeflow_params import KubeflowParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.runners.shared_storage import Containers, check_shared_storage


def check(config: PipelineConfig) -> None:
    """Look for what cannot work on a cluster.

    Args:
        config: The configuration, its local paths absolute.

    Raises:
        InvalidInputError: For the first thing that is found.
    """
    _check_image(config.kubeflow)
    check_shared_storage(config, _steps(config.kubeflow))


def is_on_volume(location: str, params: KubeflowParams) -> bool:
    """Tell whether all steps see the same file or folder.

    Args:
        location: A path or a URI.
        params: The section `kubeflow`.

    Returns:
        Whether it is a path below the mounted volume.
    """
    return _steps(params).share(location)


def _steps(params: KubeflowParams) -> Containers:
    return Containers(
        name="steps",
        section="kubeflow",
        volume_claim=params.volume_claim,
        mount_path=params.mount_path,
        variables={*params.secrets, *params.env},
        variable_hint="name its secret in `kubeflow.secrets`, e.g. "
        "{{{name}: bert-aas-metadata/password}}",
    )


def _check_image(params: KubeflowParams) -> None:
    if params.image is None:
        raise InvalidInputError(
            "`kubeflow.image` is missing: give the name of an image that has `bert-aas`, e.g. one "
            "built from deploy/pipeline.Dockerfile"
        )
