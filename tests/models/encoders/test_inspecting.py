import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.inspecting import inspect_module
from tests.tiny_encoder import HIDDEN_SIZE, MAX_SEQ_LENGTH, build_tiny_encoder


@pytest.fixture
def copy(tiny_encoder: Path, tmp_path: Path) -> Path:
    """A module to damage."""
    return Path(shutil.copytree(tiny_encoder, tmp_path / "copy"))


def test_facts_of_a_module(tiny_encoder: Path) -> None:
    facts = inspect_module(tiny_encoder, "tiny")

    assert facts.vocab == "assets/vocab.txt"
    assert facts.do_lower_case is True
    assert facts.max_seq_length == MAX_SEQ_LENGTH
    assert facts.hidden_size == HIDDEN_SIZE


def test_a_cased_module_is_known_as_such(tmp_path: Path) -> None:
    module = build_tiny_encoder(tmp_path / "cased", do_lower_case=False)

    assert inspect_module(module, "cased").do_lower_case is False


def _refusal(folder: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        inspect_module(folder, "my-encoder")
    message = str(caught.value)
    assert "my-encoder" in message
    assert "\n" not in message
    return message


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "has no saved_model.pb" in _refusal(tmp_path)


def test_a_hugging_face_folder_gets_a_hint(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")

    assert "bert-aas encoder import" in _refusal(tmp_path)


def test_a_damaged_saved_model_is_refused(copy: Path) -> None:
    (copy / "saved_model.pb").write_bytes(b"\xff\xff\xff")

    assert "damaged saved_model.pb" in _refusal(copy)


def test_an_empty_saved_model_is_refused(copy: Path) -> None:
    (copy / "saved_model.pb").write_bytes(b"")

    assert "not an encoder" in _refusal(copy)


def test_absent_variables_are_refused(copy: Path) -> None:
    shutil.rmtree(copy / "variables")

    assert "not an encoder" in _refusal(copy)


def test_an_absent_vocabulary_is_refused(copy: Path) -> None:
    (copy / "assets" / "vocab.txt").unlink()

    assert "vocabulary" in _refusal(copy)


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    tf.saved_model.save(tf.train.Checkpoint(rate=tf.Variable(1.0)), str(tmp_path / "other"))

    assert "no vocab_file and no do_lower_case" in _refusal(tmp_path / "other")


@pytest.mark.parametrize(
    ("inputs", "output", "positions", "lack"),
    [
        (("input_word_ids",), "sequence_output", True, "takes no input_mask and no input_type_ids"),
        (("input_word_ids", "input_mask", "input_type_ids"), "logits", True, "gives no sequence"),
        (
            ("input_word_ids", "input_mask", "input_type_ids"),
            "sequence_output",
            False,
            "no position",
        ),
    ],
)
def test_another_interface_is_refused(
    tmp_path: Path, inputs: tuple[str, ...], output: str, positions: bool, lack: str
) -> None:
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[UNK]\n")
    root = tf.train.Checkpoint()
    root.vocab_file = tf.saved_model.Asset(str(vocab))
    root.do_lower_case = tf.Variable(True, trainable=False)
    name = "position_embedding" if positions else "other"
    root.table = tf.Variable(tf.zeros([4, 2]), name=name)
    root.__call__ = tf.function(
        lambda tokens: {output: tf.cast(tokens["input_word_ids"], tf.float32)}
    )
    root.__call__.get_concrete_function({i: tf.TensorSpec([None, 3], tf.int32, i) for i in inputs})
    tf.saved_model.save(root, str(tmp_path / "other"), signatures={})

    assert lack in _refusal(tmp_path / "other")


def test_a_module_that_cannot_be_called_is_refused(tmp_path: Path) -> None:
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[UNK]\n")
    root = tf.train.Checkpoint(do_lower_case=tf.Variable(True, trainable=False))
    root.vocab_file = tf.saved_model.Asset(str(vocab))
    tf.saved_model.save(root, str(tmp_path / "other"))

    assert "cannot be called" in _refusal(tmp_path / "other")


def test_weights_that_are_not_finite_are_refused_by_name(tmp_path: Path) -> None:
    module = tf.saved_model.load(str(build_tiny_encoder(tmp_path / "tiny")))
    module.variables[0].assign(tf.fill(module.variables[0].shape, float("nan")))
    broken = tmp_path / "broken"
    tf.saved_model.save(module, str(broken), signatures={})

    assert "not finite (NaN or infinity), in " in _refusal(broken)


def _changed(folder: Path, change: Callable[[Any], None]) -> Path:
    path = folder / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(model.meta_graphs[0])
    path.write_bytes(model.SerializeToString())
    return folder


@pytest.mark.parametrize("operation", ["WriteFile", "ReadFile", "EagerPyFunc", "PrintV2"])
@pytest.mark.parametrize("in_function", [False, True])
def test_operations_that_touch_files_or_run_python_are_refused(
    copy: Path, operation: str, in_function: bool
) -> None:
    def add(graph: Any) -> None:
        function = graph.graph_def.library.function[0]
        nodes = function.node_def if in_function else graph.graph_def.node
        nodes.add(name="added", op=operation)

    message = _refusal(_changed(copy, add))
    assert f"read or write files or run Python ({operation}), which no encoder needs" in message


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd"])
def test_a_vocabulary_outside_of_the_module_is_refused(copy: Path, name: str) -> None:
    def rename(graph: Any) -> None:
        for asset in graph.asset_file_def:
            asset.filename = name

    assert "its vocabulary lies outside its folder" in _refusal(_changed(copy, rename))
