import os
import time
from pathlib import Path

import numpy as np
import pytest

from serving.errors import Code, DeadlineExceededError, NotFoundError, ServingError
from serving.runtime.session import Session
from serving.servables import saved_model
from serving.servables.saved_model import load_saved_model
from tests.serving import exporter


def test_signatures(exported: Path) -> None:
    model = load_saved_model("two", 123, exported / "two" / "00000123")
    signature = model.signatures["serving_default"]
    inputs = {alias: (spec.dtype, spec.numpy_dtype) for alias, spec in signature.inputs.items()}
    assert inputs == {"a": ("int32", np.dtype(np.int32)), "s": ("string", np.dtype(object))}
    assert list(signature.outputs) == ["s_bytes", "total"]
    assert "__saved_model_init_op" in model.signature_defs
    assert "__saved_model_init_op" not in model.signatures


def test_call_with_a_shape_that_the_signature_does_not_declare(exported: Path) -> None:
    model = load_saved_model("old", 1, exported / "old" / "1")
    outputs = model.call("", {"x": np.array([2.0, 4.0], np.float32)})
    assert outputs["y"].tolist() == [3.0, 4.0]


def test_string_of_rank_0(exported: Path) -> None:
    model = load_saved_model("txt", 1, exported / "txt" / "1")
    outputs = model.call("", {"t": np.array(b"one", dtype=object)})
    assert (outputs["u"].shape, outputs["u"].tolist()) == ((), b"one")


def test_ops_of_tf_text(tmp_path: Path) -> None:
    exporter.export_words(tmp_path / "1")
    model = load_saved_model("words", 1, tmp_path / "1")
    outputs = model.call("", {"t": np.array([b"two words", b"and three more"], dtype=object)})
    assert outputs["words"].tolist() == [2, 3]


def test_the_answers_are_those_of_tensorflow(exported: Path) -> None:
    tf = exporter.load_tensorflow()
    folder = exported / "two" / "00000123"
    inputs = {
        "a": np.array([[1, 2], [3, 4]], np.int32),
        "s": np.array([b"p", b"q"], dtype=object),
    }
    wanted = tf.saved_model.load(str(folder)).signatures["serving_default"](
        a=tf.constant(inputs["a"]), s=tf.constant(inputs["s"])
    )
    outputs = load_saved_model("two", 123, folder).call("", inputs)
    assert {name: array.tolist() for name, array in outputs.items()} == {
        name: tensor.numpy().tolist() for name, tensor in wanted.items()
    }


def test_a_deadline_that_has_passed_runs_nothing(exported: Path) -> None:
    model = load_saved_model("old", 1, exported / "old" / "1")
    with pytest.raises(DeadlineExceededError, match="deadline passed before it could run"):
        model.call("", {"x": np.array([2.0], np.float32)}, deadline=time.monotonic() - 1)


def test_a_run_ends_at_its_deadline(tmp_path: Path) -> None:
    exporter.export_loop(tmp_path / "1")
    model = load_saved_model("loop", 1, tmp_path / "1")
    with pytest.raises(DeadlineExceededError, match="deadline passed while the model was running"):
        model.call("", {"n": np.array([10**12])}, deadline=time.monotonic() + 0.2)
    assert model.call("", {"n": np.array([3])})["n"].tolist() == [0]


def test_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"Could not find SavedModel \.pb") as caught:
        load_saved_model("m", 1, tmp_path)
    assert caught.value.code is Code.NOT_FOUND


def test_garbage(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"garbage")
    with pytest.raises(ServingError):  # TensorFlow's code and words differ between releases
        load_saved_model("m", 1, tmp_path)


def test_no_graph_for_serving(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ServingError, match=r"matching supplied tags: \{ serve \}"):
        load_saved_model("m", 1, tmp_path)


def test_missing_variables(live: Path) -> None:
    for file in (live / "1" / "variables").iterdir():
        file.unlink()
    with pytest.raises(NotFoundError, match=r"no variables/variables\.index"):
        load_saved_model("m", 1, live / "1")


def test_a_part_of_the_variables(live: Path) -> None:
    (data,) = (live / "1" / "variables").glob("*.data-*")
    data.unlink()
    with pytest.raises(ServingError) as caught:
        load_saved_model("m", 1, live / "1")
    assert caught.value.code is Code.NOT_FOUND


def test_a_model_that_cannot_be_used_is_closed_again(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Session] = []

    def close(session: Session) -> None:
        closed.append(session)

    monkeypatch.setattr(Session, "close", close)
    monkeypatch.setattr(saved_model, "to_signature", lambda _key, _proto: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load_saved_model("m", 1, exported / "old" / "1")
    assert len(closed) == 1


def test_a_pipe_as_graph(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "saved_model.pb")
    with pytest.raises(NotFoundError, match=r"saved_model\.pb is no regular file\.$"):
        load_saved_model("m", 1, tmp_path)
