"""Random numbers that depend only on the training's seed and step: a restart changes nothing.

TensorFlow's random operations count their draws in the process: after a restart they start from the
beginning. Those in an encoder module are replaced by stateless ones, whose seed is read from a
number that the training sets before every step. It is found by its name and not passed as an
argument, so that any TF-Hub module can be trained in this way.
"""

import atexit
import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_hub as hub
from tensorflow.core.protobuf import saved_model_pb2

from models.keras_compat import keras

MODEL_FILE = "saved_model.pb"

_NAME = "bert_aas_step_seed"
_DEVICE = "/device:CPU:0"
_STATELESS = {
    "RandomUniform": "StatelessRandomUniform",
    "RandomUniformInt": "StatelessRandomUniformInt",
    "RandomStandardNormal": "StatelessRandomNormal",
    "TruncatedNormal": "StatelessTruncatedNormal",
}
_names = {_NAME}
"""Of the number: in our own layers, and in each module that was loaded."""


def set_step(seed: int, step: int) -> None:
    """Choose the random numbers of the step that comes next.

    Args:
        seed: Of the training, `train.seed`.
        step: Steps of the whole training before this one.
    """
    with tf.device(_DEVICE):
        value = tf.constant(_hash(f"{seed} {step}"), tf.int64)
        for name in _names:
            tf.raw_ops.AssignVariableOp(resource=_number(name), value=value)


class StepDropout(keras.layers.Layer):
    """Keras's dropout, with a mask that depends on the training's seed and step alone.

    Source:
        Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".
    """

    def __init__(self, rate: float, name: str) -> None:
        """Fix the rate.

        Args:
            rate: Share to drop, in [0, 1).
            name: Of the layer; the mask depends on it, too.
        """
        super().__init__(name=name)
        self._rate = rate

    def call(self, inputs: tf.Tensor, training: Any = None) -> tf.Tensor:
        """Drop activations while training; the shape stays."""
        if not self._rate or training is None or training is False:
            return inputs
        if training is True:
            return self._drop(inputs)
        return tf.cond(tf.cast(training, tf.bool), lambda: self._drop(inputs), lambda: inputs)

    def _drop(self, inputs: tf.Tensor) -> tf.Tensor:
        with tf.device(_DEVICE):
            step = tf.raw_ops.ReadVariableOp(resource=_number(), dtype=tf.int64)
        seed = tf.stack([step, tf.constant(_hash(self.name), tf.int64)])
        return tf.nn.experimental.stateless_dropout(inputs, self._rate, seed)


def load_module(path: str) -> Any:
    """Load a TF-Hub module whose random numbers follow `set_step`.

    Args:
        path: Folder of the module.

    Returns:
        The module, as `hub.load` gives it.
    """
    folder = tempfile.mkdtemp(prefix="bert-aas-encoder-")
    # Not before the process ends: an exported classifier copies the vocabulary from there.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _write_stateless(Path(path), Path(folder))
    module = hub.load(folder)
    _names.update(_names_in(module))
    set_step(0, 0)  # a model may be called in training without a training
    return module


def _names_in(module: Any) -> Iterator[str]:
    """Find the names that loading gave the number: TensorFlow makes each load's its own."""
    for function in _functions(module):
        graph = function.graph.as_graph_def()
        for nodes in (graph.node, *(part.node_def for part in graph.library.function)):
            for node in nodes:
                if node.name == _NAME and node.op == "VarHandleOp":
                    yield node.attr["shared_name"].s.decode()


def _functions(module: Any) -> Iterator[Any]:
    for name in ("__call__", "cls_vector"):
        yield from getattr(getattr(module, name, None), "concrete_functions", ())


def _write_stateless(module: Path, output: Path) -> None:
    """Write a module with stateless random operations into a folder; the rest are links."""
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((module / MODEL_FILE).read_bytes())
    for graph in model.meta_graphs:
        for function in graph.graph_def.library.function:
            _make_stateless(function)
    (output / MODEL_FILE).write_bytes(model.SerializeToString())
    for entry in module.iterdir():
        if entry.name != MODEL_FILE:
            (output / entry.name).symlink_to(entry.absolute())


def _make_stateless(function: Any) -> None:
    """Replace the random operations of a function in its graph."""
    found = [node for node in function.node_def if node.op in _STATELESS]
    if not found:
        return
    seen: Counter[str] = Counter()
    for node in found:
        place = _place(function.signature.name, node)
        seen[place] += 1
        _replace(function, node, _hash(f"{place} {seen[place]}"))
    handle = function.node_def.add(name=_NAME, op="VarHandleOp", device=_DEVICE)
    handle.attr["dtype"].type = tf.int64.as_datatype_enum
    handle.attr["shape"].shape.SetInParent()
    handle.attr["shared_name"].s = _NAME.encode()
    read = function.node_def.add(name=f"{_NAME}/read", op="ReadVariableOp", device=_DEVICE)
    read.input.append(f"{_NAME}:resource:0")
    read.attr["dtype"].type = tf.int64.as_datatype_enum


def _place(function: str, node: Any) -> str:
    """Tell an operation from the others: by its seeds, or where it has none by its name."""
    seeds = node.attr["seed"].i, node.attr["seed2"].i
    return f"{seeds[0]} {seeds[1]}" if any(seeds) else f"{function} {node.name}"


def _replace(function: Any, node: Any, place: int) -> None:
    """Make one operation stateless; name, output, shape and limits stay."""
    kind = node.attr["Tout" if node.op == "RandomUniformInt" else "dtype"].type
    node.op = _STATELESS[node.op]
    for name in ("seed", "seed2", "Tout"):
        node.attr.pop(name, None)
    node.attr["dtype"].type = kind
    node.attr["Tseed"].type = tf.int64.as_datatype_enum
    constant = function.node_def.add(name=f"{node.name}/place", op="Const")
    constant.attr["dtype"].type = tf.int64.as_datatype_enum
    constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(place, tf.int64))
    seed = function.node_def.add(name=f"{node.name}/step_seed", op="Pack")
    seed.input.extend([f"{_NAME}/read:value:0", f"{constant.name}:output:0"])
    seed.attr["T"].type = tf.int64.as_datatype_enum
    seed.attr["N"].i = 2
    node.input.insert(1, f"{seed.name}:output:0")


def _number(name: str = _NAME) -> tf.Tensor:
    """Give the handle of the number; an operation by this name finds the same one."""
    return tf.raw_ops.VarHandleOp(dtype=tf.int64, shape=[], shared_name=name)


def _hash(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
