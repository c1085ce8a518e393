"""Which extra of the package installs a module that is missing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bert_aas.contracts.errors import InvalidInputError

_MODULES = {
    "pipeline": (
        "apache_beam",
        "duckdb",
        "google",
        "google_crc32c",
        "isal",
        "keras_tuner",
        "ml_metadata",
        "nncf",
        "safetensors",
        "scipy",
        "sqlglot",
        "tensorflow",
        "tensorflow_data_validation",
        "tensorflow_hub",
        "tensorflow_metadata",
        "tensorflow_model_analysis",
        "tensorflow_text",
        "tensorflow_transform",
        "tf_keras",
        "tfx",
        "tfx_bsl",
    ),
    "serving": (
        "async_timeout",
        "cachetools",
        "grpc",
        "grpc_health",
        "httptools",
        "ml_dtypes",
        "openvino",
        "prometheus_client",
        "starlette",
        "uvicorn",
        "uvloop",
    ),
    "kubeflow": ("kfp",),
    "notebook": ("IPython", "ipykernel"),
    "airflow": ("airflow",),
    "label-errors": ("cleanlab",),
    "registry": ("mlflow", "sqlalchemy"),
    "sign": ("model_signing",),
}

EXTRAS: Mapping[str, str] = {
    module: extra for extra, modules in _MODULES.items() for module in modules
}
"""Top-level module to the extra whose users miss it first."""


def sentence(error: ModuleNotFoundError) -> str | None:
    """Say which extra brings a module.

    Args:
        error: What an import raised.

    Returns:
        One sentence, or `None` if no extra brings the module.
    """
    module = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(module)
    if extra is None:
        return None
    return f'{module} is not installed; `pip install "bert-aas[{extra}]"` installs it'


@contextmanager
def missing_extras() -> Iterator[None]:
    """Turn a failed import of an optional package into a sentence that names its extra.

    Yields:
        Nothing.

    Raises:
        InvalidInputError: If the block imports what an extra would bring.
        ModuleNotFoundError: If it imports anything else that is not there.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        said = sentence(exc)
        if said is None:
            raise
        raise InvalidInputError(said) from exc
