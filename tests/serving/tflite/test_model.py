import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving.errors import Code, DeadlineExceededError, ServingError
from serving.loading import ModelLoader
from serving.observing.observer import Observers
from serving.runtime.protos import load_protos
from serving.servables.model import DEFAULT_SIGNATURE, Array
from serving.settings import ServerSettings
from serving.tflite.model import load_tflite_model
from tests.serving.tflite.conftest import add_signatures

X = "serving_default_x"  # what the converter calls the input `x`
PREDICT = "tensorflow/serving/predict"


def floats(*values: float) -> Array:
    return np.array(values, np.float32)


def write(folder: Path, content: bytes) -> Path:
    folder.mkdir()
    (folder / "model.tflite").write_bytes(content)
    return folder


def signature(inputs: dict[str, str], outputs: dict[str, str]) -> bytes:
    proto = load_protos().meta_graph_pb2.SignatureDef(method_name=PREDICT)
    for infos, names in ((proto.inputs, inputs), (proto.outputs, outputs)):
        for alias, name in names.items():
            infos[alias].name, infos[alias].dtype = name, 1
    return bytes(proto.SerializeToString())


def test_a_model_without_signatures_is_asked_by_its_tensors(half: Path) -> None:
    model = load_tflite_model("half", 1, half)
    (output,) = model.signatures[DEFAULT_SIGNATURE].outputs
    assert list(model.signatures[DEFAULT_SIGNATURE].inputs) == [X]
    assert model.call("", {X: floats(2.0)})[output].tolist() == [3.0]
    assert model.engine == "tflite"


def test_every_shape_has_its_own_answer(half: Path) -> None:
    model = load_tflite_model("half", 1, half)
    for shape in ((3,), (2, 2), (), (5, 1), (3,)):
        (answer,) = model.call("", {X: np.full(shape, 4, np.float32)}).values()
        assert (answer.shape, set(answer.ravel().tolist())) == (shape, {4.0})


def test_texts_come_back_byte_by_byte(texts: Path) -> None:
    model = load_tflite_model("texts", 1, texts)
    given = np.array([b"a\xff", b"b\0c", b""], dtype=object)
    outputs = model.call(
        "",
        {
            "serving_default_t": given,
            "serving_default_a": np.array([[1, 2], [3, 4], [5, 6]], np.int32),
        },
    )
    found = sorted((array.tolist() for array in outputs.values()), key=str)
    assert found == [[3, 7, 11], [6, 14, 22], [b"a\xff", b"b\0c", b""]]


def test_signatures_of_the_file(half: Path, tmp_path: Path) -> None:
    content = (half / "model.tflite").read_bytes()
    (output,) = load_tflite_model("half", 1, half).signatures[DEFAULT_SIGNATURE].outputs.values()
    protos = {
        "halve": signature({"number": f"{X}:0"}, {"half": output.tensor_name}),
        "serving_default": signature({"in": f"{X}:0"}, {"out": output.tensor_name}),
    }
    model = load_tflite_model("half", 1, write(tmp_path / "1", add_signatures(content, protos)))
    assert sorted(model.signatures) == ["halve", "serving_default"]
    assert model.signature_defs["halve"].method_name == PREDICT
    assert model.call("halve", {"number": floats(6.0)})["half"].tolist() == [5.0]
    assert model.call("", {"in": floats(8.0)})["out"].tolist() == [6.0]


def test_a_signature_of_a_tensor_that_is_not_there(half: Path, tmp_path: Path) -> None:
    content = (half / "model.tflite").read_bytes()
    broken = add_signatures(content, {"serving_default": signature({"in": "z:0"}, {})})
    with pytest.raises(ServingError, match=r"input in references an unknown tensor: .* 'z'"):
        load_tflite_model("half", 1, write(tmp_path / "1", broken))


def test_signatures_that_are_none(half: Path, tmp_path: Path) -> None:
    content = (half / "model.tflite").read_bytes()
    broken = add_signatures(content, {"serving_default": b"\x0aXno message"})
    with pytest.raises(ServingError, match="Invalid SignatureDefs found in TfLite model") as caught:
        load_tflite_model("half", 1, write(tmp_path / "1", broken))
    assert caught.value.code is Code.INVALID_ARGUMENT


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.9])
def test_half_a_file_is_refused_and_ends_nothing(half: Path, tmp_path: Path, share: float) -> None:
    content = (half / "model.tflite").read_bytes()
    folder = write(tmp_path / "1", content[: int(share * len(content))])
    with pytest.raises(ServingError, match=r"model\.tflite") as caught:
        load_tflite_model("half", 1, folder)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert "\n" not in caught.value.message


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.tflite")
    with pytest.raises(ServingError, match="is no regular file"):
        load_tflite_model("half", 1, tmp_path)


def test_a_failed_run_leaves_the_model_usable(texts: Path) -> None:
    model = load_tflite_model("texts", 1, texts)
    given = np.array([b"t"], dtype=object)
    with pytest.raises(ServingError, match="TensorFlow Lite failed: ") as caught:
        model.call(
            "", {"serving_default_t": given, "serving_default_a": np.array([1, 2, 3], np.int32)}
        )  # has no second axis
    assert caught.value.code is Code.INTERNAL
    outputs = model.call(
        "", {"serving_default_t": given, "serving_default_a": np.array([[1, 2]], np.int32)}
    )
    assert [3] in [array.tolist() for array in outputs.values()]


def test_many_at_once_get_their_own_answers(half: Path) -> None:
    model = load_tflite_model("half", 1, half)

    def ask(number: int) -> float:
        (answer,) = model.call("", {X: np.full((number % 7 + 1,), number, np.float32)}).values()
        return float(answer[-1])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(200))) == [number / 2 + 2 for number in range(200)]


def test_no_run_begins_after_the_deadline(half: Path) -> None:
    model = load_tflite_model("half", 1, half)
    with pytest.raises(DeadlineExceededError):
        model.call("", {X: floats(2.0)}, deadline=time.monotonic() - 1)


@pytest.mark.parametrize(("preferred", "wanted"), [(True, 3.0), (False, 4.0)])
def test_the_flag_chooses_between_the_two_forms(half: Path, preferred: bool, wanted: float) -> None:
    settings = ServerSettings(half.parent, prefer_tflite_model=preferred, engine="tensorflow")
    loader = ModelLoader(settings, Observers())
    model = loader.load("half", 1, half)
    name = X if preferred else "x"
    (answer,) = model.call("", {name: floats(2.0)}).values()
    model.close()
    loader.close()
    assert answer.tolist() == [wanted]
