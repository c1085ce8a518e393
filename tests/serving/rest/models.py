"""Models without TensorFlow for the tests of the transport; the registry around them is real."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving.data_plane import DataPlane
from serving.runtime.protos import load_protos
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig, Specific
from serving.versions.registry import ModelRegistry

Maths = Callable[[Arrays], dict[str, Array]]

FLOAT = TensorSpec("float", np.dtype(np.float32))
HALF = TensorSpec("half", np.dtype(np.float16))
INT32 = TensorSpec("int32", np.dtype(np.int32))
STRING = TensorSpec("string", np.dtype(object))
CLASSES = [b"bad", b"good", b"so-so"]


class Gate:
    """Holds back the model `slow` until it is opened; tells when a request has come in."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def wait(self) -> None:
        self.entered.release()
        assert self.opened.wait(60)


def make_plane(folder: Path, gate: Gate) -> DataPlane:
    """All models, loaded: `hp` versions 1 and 2 with labels, the others version 1."""
    makers = _makers(gate)

    def load(name: str, version: int, _path: Path) -> LoadedModel:
        return makers[name](name, version)

    registry = ModelRegistry(load, LifecycleOptions(poll_wait_s=0))
    configs = [_config(folder, index, name) for index, name in enumerate(makers)]
    registry.apply(configs, at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(30)
    registry.require_available()
    return DataPlane(registry)


def _config(folder: Path, index: int, name: str) -> ModelConfig:
    base = folder / str(index)
    versions = (1, 2) if name == "hp" else (1,)
    for version in versions:
        (base / str(version)).mkdir(parents=True)
    labels = {"stable": 1, "canary": 2} if name == "hp" else {}
    return ModelConfig(name, base, Specific(versions), labels)


def _makers(gate: Gate) -> Mapping[str, Callable[[str, int], LoadedModel]]:
    def slow(inputs: Arrays) -> dict[str, Array]:
        gate.wait()
        return {"y": inputs["x"]}

    return {
        "hp": _half_plus,
        "a/b:c": _half_plus,
        "two": _maker({"serving_default": ({"a": INT32, "s": STRING}, ("total", "s_bytes"), _two)}),
        "txt": _maker({"serving_default": ({"t": STRING}, ("u",), lambda i: {"u": i["t"]})}),
        "odd": _maker(_ODD),
        "slow": _maker({"serving_default": ({"x": FLOAT}, ("y",), slow)}),
        "review": _maker(_text_classifier("text")),
        "pair": _maker(_text_classifier("question", "answer")),
    }


_Functions = Mapping[str, tuple[Mapping[str, TensorSpec], Sequence[str], Maths]]


def _maker(functions: _Functions) -> Callable[[str, int], LoadedModel]:
    def make(name: str, version: int) -> LoadedModel:
        signatures = {
            key: Signature(key, inputs, dict.fromkeys(outputs, FLOAT))
            for key, (inputs, outputs, _) in functions.items()
        }

        def run(
            name: str,
            inputs: Arrays,
            outputs: Sequence[str],
            deadline: float | None,
        ) -> dict[str, Array]:
            found = functions[name][2](inputs)
            return {alias: found[alias] for alias in outputs}

        protos = _protos(functions)
        protos["init"] = (
            load_protos().meta_graph_pb2.SignatureDef()
        )  # as TensorFlow 2's models have
        return LoadedModel(name, version, signatures, protos, run)

    return make


def _half_plus(name: str, version: int) -> LoadedModel:
    """y = x/2 + 2 for version 1, x/2 + 3 for version 2; also on the feature `x` of tf.Examples."""
    offset = np.float32(version + 1)

    def maths(x: Array) -> Array:
        return np.asarray(x / np.float32(2) + offset, np.float32)

    functions: _Functions = {
        "serving_default": ({"x": FLOAT}, ("y",), lambda i: {"y": maths(i["x"])}),
        "cls": ({"inputs": STRING}, ("scores",), lambda i: {"scores": maths(_feature_x(i))}),
        "reg": ({"inputs": STRING}, ("outputs",), lambda i: {"outputs": maths(_feature_x(i))}),
    }
    return _maker(functions)(name, version)


def _feature_x(inputs: Arrays) -> Array:
    example = load_protos().example_pb2.Example
    rows = [example.FromString(data).features.feature["x"] for data in inputs["inputs"]]
    return np.array([row.float_list.value for row in rows], np.float32)


def _two(inputs: Arrays) -> dict[str, Array]:
    return {"total": inputs["a"].sum(axis=1, dtype=np.int32), "s_bytes": inputs["s"]}


_ODD: _Functions = {
    "scalar": ({"x": FLOAT}, ("sum",), lambda i: {"sum": i["x"].sum()}),
    "h": ({"x": HALF}, ("y",), lambda i: {"y": i["x"]}),
}


def _text_classifier(*names: str) -> _Functions:
    """Texts with `!` are good, others bad."""

    def classify(inputs: Arrays) -> dict[str, Array]:
        texts = inputs[names[0]]
        rows = [[0.05, 0.9, 0.05] if b"!" in text else [0.7, 0.1, 0.2] for text in texts]
        probabilities = np.array(rows, np.float32).reshape(len(texts), 3)
        labels = [CLASSES[row.argmax()] for row in probabilities]
        return {
            "label": np.array(labels, dtype=object),
            "probabilities": probabilities,
            "classes": np.array([CLASSES] * len(texts), dtype=object).reshape(len(texts), 3),
        }

    outputs = ("label", "probabilities", "classes")
    return {"serving_default": (dict.fromkeys(names, STRING), outputs, classify)}


def _protos(functions: _Functions) -> dict[str, Any]:
    protos = load_protos()
    numbers = protos.types_pb2.DataType
    found = {}
    for key, (inputs, outputs, _) in functions.items():
        proto = protos.meta_graph_pb2.SignatureDef(method_name="tensorflow/serving/predict")
        for alias, spec in inputs.items():
            info = proto.inputs[alias]
            info.name = f"{alias}:0"
            info.dtype = numbers.Value(f"DT_{spec.dtype.upper()}")
            info.tensor_shape.dim.add(size=-1)
        for alias in outputs:
            proto.outputs[alias].name = f"{alias}:0"
        found[key] = proto
    return found
