"""BERT as a service: what users import.

`import bert_aas` takes no time: each name is looked up when it is first asked for, and TFX,
TensorFlow and gRPC are loaded by what needs them.

Example:
    >>> import bert_aas
    >>> config = bert_aas.load_config("configs/demo.yaml", ["train.epochs=1"])
    >>> config.train.epochs
    1

| name | what |
| --- | --- |
| `load_config`, `PipelineConfig` | read and check a configuration |
| `open_pipeline`, `NotebookError` | run the nodes of a pipeline, also one by one |
| `sql` | ask tables, runs and their splits in SQL |
| `predict`, `Prediction` | classify texts with a pushed model, in this process |
| `explain`, `Attribution`, `Word` | what each word contributed to a prediction |
| `measure_bias`, `BiasReport`, `Facet` | how far groups of rows differ in their labels |
| `measure_model_bias` | how far a model treats groups of rows differently |
| `RestClient`, `GrpcClient`, `Retries` | ask a model server |
| `ClientError`, `ServerUnavailableError` | what the clients raise |
| `InvalidInputError` | raised for input that a user can correct: one sentence |
| `__version__` | the version of the package |
"""

# A part of every node's cache key, as the parent of `bert_aas.*`: the table of names is elsewhere,
# and is looked up by its name, so that neither it nor what it leads to counts for every node.
from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bert_aas.bias.figures import BiasReport
    from bert_aas.bias.measuring import measure_bias
    from bert_aas.bias.predicted.measuring import measure_model_bias
    from bert_aas.bias.questions import Facet
    from bert_aas.contracts.errors import InvalidInputError
    from models.attribution.attributed import Attribution, Word
    from pipeline.config.pipeline_config import PipelineConfig, load_config
    from pipeline.predictions.answers import explain, predict
    from pipeline.querying.asking import sql
    from pipeline.runners.notebook import NotebookError, open_pipeline
    from serving.client import (
        ClientError,
        GrpcClient,
        Prediction,
        RestClient,
        Retries,
        ServerUnavailableError,
    )

    __version__: str
    __all__ = [
        "Attribution",
        "BiasReport",
        "ClientError",
        "Facet",
        "GrpcClient",
        "InvalidInputError",
        "NotebookError",
        "PipelineConfig",
        "Prediction",
        "RestClient",
        "Retries",
        "ServerUnavailableError",
        "Word",
        "__version__",
        "explain",
        "load_config",
        "measure_bias",
        "measure_model_bias",
        "open_pipeline",
        "predict",
        "sql",
    ]
else:

    def __getattr__(name: str) -> object:
        return _import_module("bert_aas.public").look_up(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_import_module("bert_aas.public").NAMES})
