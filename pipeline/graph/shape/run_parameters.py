"""The parameters that a run's form asks for: in Airflow, in Kubeflow Pipelines."""

import json
from collections.abc import Mapping
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.shape.topology import RunParameter

RUN_PARAMETERS = {
    "data_path": "data.path",
    "epochs": "train.epochs",
    "learning_rate": "train.learning_rate",
    "threshold": "evaluate.threshold",
    "encoder": "encoder.source",
    "output_dir": "output_dir",
}
"""The parameters of a run's form; `--set` takes any other key as well."""


def run_parameters(config: PipelineConfig) -> tuple[RunParameter, ...]:
    """Describe the parameters of a run's form.

    Args:
        config: The configuration that the pipeline was compiled with: its values are the defaults.

    Returns:
        Name, key and JSON schema of each.
    """
    return tuple(
        RunParameter(name, key, _schema(config, key)) for name, key in RUN_PARAMETERS.items()
    )


def as_settings(parameters: Mapping[str, Any]) -> list[str]:
    """Spell parameters of a run as settings.

    Args:
        parameters: Name of a run parameter to its value.

    Returns:
        `section.key=value` pairs.

    Raises:
        InvalidInputError: If there is no such parameter.
    """
    unknown = sorted(parameters.keys() - RUN_PARAMETERS.keys())
    if unknown:
        raise InvalidInputError(
            f"{unknown[0]!r} is not a run parameter; the run parameters are "
            f"{', '.join(RUN_PARAMETERS)}, and `settings` takes any other field"
        )
    return [f"{RUN_PARAMETERS[name]}={json.dumps(value)}" for name, value in parameters.items()]


def _schema(config: PipelineConfig, key: str) -> dict[str, Any]:
    *sections, field = key.split(".")
    section: Any = config
    for name in sections:
        section = getattr(section, name)
    schema = type(section).model_json_schema(by_alias=True)["properties"][field]
    return {**schema, "default": getattr(section, field)}
