"""Where the names that users import from `bert_aas` are; each is imported at its first use."""

from collections.abc import Mapping
from importlib import import_module

from bert_aas.contracts.extras import missing_extras

ADDRESSES: Mapping[str, str] = {
    "Attribution": "models.attribution.attributed",
    "BiasReport": "bert_aas.bias.figures",
    "ClientError": "serving.client",
    "Facet": "bert_aas.bias.questions",
    "GrpcClient": "serving.client",
    "InvalidInputError": "bert_aas.contracts.errors",
    "NotebookError": "pipeline.runners.notebook",
    "PipelineConfig": "pipeline.config.pipeline_config",
    "Prediction": "serving.client",
    "RestClient": "serving.client",
    "Retries": "serving.client",
    "ServerUnavailableError": "serving.client",
    "Word": "models.attribution.attributed",
    "explain": "pipeline.predictions.answers",
    "load_config": "pipeline.config.pipeline_config",
    "measure_bias": "bert_aas.bias.measuring",
    "measure_model_bias": "bert_aas.bias.predicted.measuring",
    "open_pipeline": "pipeline.runners.notebook",
    "predict": "pipeline.predictions.answers",
    "sql": "pipeline.querying.asking",
}
"""Name to module. The same names stand in `bert_aas`, for type checkers."""

NAMES = sorted(["__version__", *ADDRESSES])


def look_up(name: str) -> object:
    """Return what `bert_aas.<name>` is.

    Args:
        name: A public name, `__version__` or `__all__`.

    Returns:
        The object.

    Raises:
        AttributeError: If there is no such name.
        InvalidInputError: If it needs a package of an extra that is not installed.
    """
    if name == "__all__":
        return NAMES
    if name == "__version__":
        return import_module("bert_aas.version").VERSION
    if name not in ADDRESSES:
        raise AttributeError(f"module 'bert_aas' has no attribute {name!r}", name=name)
    with missing_extras():
        found: object = getattr(import_module(ADDRESSES[name]), name)
    return found
