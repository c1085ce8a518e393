"""`cls` scores 5 for each example, `reg` gives 7."""

from collections.abc import Sequence

import numpy as np
import pytest

from serving.errors import Code, ServingError
from serving.servables.classification import Classifications
from serving.servables.model import Array, Arrays, LoadedModel, Signature
from serving.servables.multi_inference import InferenceTask, multi_inference
from tests.serving.servables.test_classification import FLOAT, STRING

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


class Model:
    """Keeps the deadlines of its runs."""

    def __init__(self) -> None:
        self.deadlines: list[float | None] = []
        signatures = {
            name: Signature(name, {"inputs": STRING}, {output: FLOAT}, method)
            for name, output, method in (
                ("cls", "scores", CLASSIFY),
                ("reg", "outputs", REGRESS),
                ("serving_default", "outputs", "other"),
            )
        }
        self.loaded = LoadedModel("m", 1, signatures, {}, self._run)

    def _run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        self.deadlines.append(deadline)
        rows = len(inputs["inputs"])
        if name == "cls":
            return {"scores": np.full((rows, 1), 5.0, np.float32)}
        return {"outputs": np.full(rows, 7.0, np.float32)}


@pytest.fixture
def model() -> Model:
    return Model()


def test_results_in_the_order_of_the_tasks(model: Model) -> None:
    tasks = [InferenceTask("reg", REGRESS), InferenceTask("cls", CLASSIFY)]
    regression, classification = multi_inference(model.loaded, tasks, [b"e", b"f"], 9.0)
    assert isinstance(regression, np.ndarray)
    assert regression.tolist() == [7.0, 7.0]
    assert isinstance(classification, Classifications)
    assert classification.rows() == [[(b"", 5.0)], [(b"", 5.0)]]
    assert model.deadlines == [9.0, 9.0]


def test_an_empty_name_is_the_default_signature(model: Model) -> None:
    (found,) = multi_inference(model.loaded, [InferenceTask("", REGRESS)], [b"e"])
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [7.0]


@pytest.mark.parametrize(
    ("tasks", "examples", "code", "text"),
    [
        (
            [("reg", REGRESS), ("reg", REGRESS)],
            [b"e"],
            Code.INVALID_ARGUMENT,
            "Duplicate evaluation of signature: reg",
        ),
        (
            [("", REGRESS), ("serving_default", REGRESS)],
            [b"e"],
            Code.INVALID_ARGUMENT,
            "Duplicate evaluation of signature: serving_default",
        ),
        (
            [("zz", REGRESS)],
            [b"e"],
            Code.INVALID_ARGUMENT,
            "Requested signature not found in model graph: zz",
        ),
        (
            [("reg", "tensorflow/serving/predict")],
            [b"e"],
            Code.UNIMPLEMENTED,
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        ([("reg", REGRESS)], [], Code.INVALID_ARGUMENT, "Input is empty."),
    ],
)
def test_refused(
    model: Model, tasks: list[tuple[str, str]], examples: list[bytes], code: Code, text: str
) -> None:
    with pytest.raises(ServingError) as caught:
        multi_inference(model.loaded, [InferenceTask(*task) for task in tasks], examples)
    assert (caught.value.code, caught.value.message) == (code, text)


def test_nothing_runs_if_any_task_is_wrong(model: Model) -> None:
    tasks = [InferenceTask("reg", REGRESS), InferenceTask("zz", REGRESS)]
    with pytest.raises(ServingError):
        multi_inference(model.loaded, tasks, [b"e"])
    assert model.deadlines == []


def test_method_names_are_checked_on_demand(model: Model) -> None:
    tasks = [InferenceTask("serving_default", REGRESS)]
    with pytest.raises(ServingError, match="Was: other"):
        multi_inference(model.loaded, tasks, [b"e"], check_method_names=True)
