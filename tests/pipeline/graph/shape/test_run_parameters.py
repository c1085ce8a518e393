"""The parameters of a run's form."""

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.shape.run_parameters import RUN_PARAMETERS, run_parameters
from pipeline.graph.shape.topology import RunParameter

CONFIG = PipelineConfig.model_validate(
    {"data": {"path": "/rows.csv"}, "train": {"epochs": 4}, "evaluate": {"threshold": 0.75}}
)


@pytest.fixture
def parameters() -> dict[str, RunParameter]:
    return {parameter.name: parameter for parameter in run_parameters(CONFIG)}


def test_names_and_keys(parameters: dict[str, RunParameter]) -> None:
    assert {name: parameter.key for name, parameter in parameters.items()} == RUN_PARAMETERS
    assert set(parameters) == {
        *("data_path", "epochs", "learning_rate", "threshold", "encoder", "output_dir"),
    }


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("data_path", "string", "/rows.csv"),
        ("epochs", "integer", 4),
        ("learning_rate", "number", 1e-4),
        ("threshold", "number", 0.75),
        ("encoder", "string", "minilm"),
        ("output_dir", "string", "output"),
    ],
)
def test_types_and_defaults(
    parameters: dict[str, RunParameter], name: str, kind: str, default: object
) -> None:
    assert parameters[name].schema["type"] == kind
    assert parameters[name].default == default
    assert parameters[name].schema["description"]


def test_limits_are_those_of_the_configuration(parameters: dict[str, RunParameter]) -> None:
    epochs, threshold = parameters["epochs"].schema, parameters["threshold"].schema
    assert (epochs["minimum"], epochs["maximum"]) == (1, 1000)
    assert (threshold["minimum"], threshold["maximum"]) == (0, 1)
