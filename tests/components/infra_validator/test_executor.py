"""Models in a real server process: answered, failing, unreadable."""

import errno
import logging
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2
from tfx.components.infra_validator import error_types
from tfx.components.infra_validator.model_server_clients.tensorflow_serving_client import (
    TensorFlowServingClient,
)
from tfx.proto import infra_validator_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from bert_aas.contracts.errors import UnavailableError
from components.infra_validator import runner
from components.infra_validator.client import DeadlineClient
from components.infra_validator.executor import REASON, Executor
from components.infra_validator.failures import judge, wait_until_loaded
from tests.components.infra_validator.test_runner import fake_server
from tests.ram_storage import ram_uri, stored, upload

pytestmark = pytest.mark.e2e

TEXTS = ("a secret opinion", "another secret opinion", "short")
COMPLAINT = "only short rows can be classified"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("examples")
    path = folder / "Split-test" / "data_tfrecord-00000-of-00001.gz"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for text in TEXTS:
            example = tf.train.Example()
            example.features.feature["text"].bytes_list.value.append(text.encode())
            writer.write(example.SerializeToString())
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = '["test"]'
    return artifact


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The server processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def spy(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", spy)
    return started


def export(folder: Path, longest: int) -> Any:
    """Export a classifier that refuses texts of more than `longest` bytes."""

    class Classifier(tf.Module):  # type: ignore[misc,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.scores = tf.Variable([[0.25, 0.75]])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])
        def classify(self, inputs: Any) -> dict[str, Any]:
            spec = {"text": tf.io.FixedLenFeature([], tf.string)}
            text = tf.io.parse_example(inputs, spec)["text"]
            limit = tf.fill(tf.shape(text), longest)
            check = tf.debugging.assert_less_equal(tf.strings.length(text), limit, COMPLAINT)
            with tf.control_dependencies([check]):
                scores = tf.repeat(self.scores, tf.size(text), axis=0)
            classes = tf.repeat(tf.constant([["0", "1"]]), tf.size(text), axis=0)
            return {"classes": classes, "scores": scores}

    path = str(folder / "model" / "Format-Serving")
    classifier = Classifier()
    tf.saved_model.save(classifier, path, signatures={"classify": classifier.classify})
    updater = tf.compat.v1.saved_model.signature_def_utils.MethodNameUpdater(path)
    updater.replace_method_name("classify", "tensorflow/serving/classify", tags="serve")
    updater.save()
    model = standard_artifacts.Model()
    model.uri = str(folder / "model")
    return model


def validate(
    folder: Path | str,
    model: Any,
    examples: Any,
    signature: str = "classify",
    num_tries: int = 1,
) -> Any:
    blessing = standard_artifacts.InfraBlessing()
    blessing.uri = f"{folder}/blessing"
    tf.io.gfile.makedirs(blessing.uri)
    serving = infra_validator_pb2.ServingSpec(
        tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=["latest"]),
        local_docker=infra_validator_pb2.LocalDockerConfig(),
        model_name="bert",
    )
    validation = infra_validator_pb2.ValidationSpec(
        max_loading_time_seconds=120, num_tries=num_tries
    )
    requests = infra_validator_pb2.RequestSpec(
        tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
            signature_names=[signature]
        ),
        num_examples=8,
        split_name="test",
    )
    context = Executor.Context(tmp_dir=f"{folder}/temporary", unique_id="1")
    Executor(context).Do(
        {"model": [model], "examples": [examples]},
        {"blessing": [blessing]},
        {
            "serving_spec": proto_utils.proto_to_json(serving),
            "validation_spec": proto_utils.proto_to_json(validation),
            "request_spec": proto_utils.proto_to_json(requests),
        },
    )
    return blessing


def files(blessing: Any) -> list[str]:
    return [path.name for path in Path(blessing.uri).iterdir()]


def reason(blessing: Any) -> str:
    return str(blessing.get_string_custom_property(REASON))


def test_a_model_that_answers_all_rows_is_blessed(
    tmp_path: Path, examples: Any, servers: list[subprocess.Popen[bytes]]
) -> None:
    blessing = validate(tmp_path, export(tmp_path, longest=100), examples)
    assert reason(blessing) == f"3 rows were answered by {runner.OWN_SERVER}"
    assert blessing.get_int_custom_property("blessed") == 1
    assert files(blessing) == ["INFRA_BLESSED"]
    assert [server.poll() is None for server in servers] == [False]


def test_a_stored_model_is_tried_with_stored_rows(tmp_path: Path, examples: Any) -> None:
    storage = ram_uri(tmp_path)
    model, rows = export(tmp_path, longest=100), standard_artifacts.Examples()
    model.uri = upload(tmp_path / "model", f"{storage}/model")
    rows.uri = upload(Path(examples.uri), f"{storage}/examples")
    rows.split_names = examples.split_names
    blessing = validate(storage, model, rows)
    assert reason(blessing) == f"3 rows were answered by {runner.OWN_SERVER}"
    assert stored(blessing.uri) == {"INFRA_BLESSED": b""}


def test_a_stored_model_that_cannot_be_read_is_not_blessed(tmp_path: Path, examples: Any) -> None:
    storage = ram_uri(tmp_path)
    model = export(tmp_path, longest=100)
    _spoil(model)
    model.uri = upload(tmp_path / "model", f"{storage}/model")
    blessing = validate(storage, model, examples)
    assert reason(blessing).startswith("the model cannot be tried: ")
    assert stored(blessing.uri) == {"INFRA_NOT_BLESSED": b""}


def test_the_copy_for_the_server_is_removed(
    tmp_path: Path, examples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    (tmp_path / "copies").mkdir()
    validate(tmp_path, export(tmp_path, longest=100), examples)
    assert not list((tmp_path / "copies").iterdir())


def test_tensorflow_serving_answers_if_it_is_there(
    tmp_path: Path,
    examples: Any,
    servers: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "bin").mkdir()
    fake_server(tmp_path / "bin", f'exec {sys.executable} -m serving "$@"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    blessing = validate(tmp_path, export(tmp_path, longest=100), examples)
    assert reason(blessing) == "3 rows were answered by tensorflow_model_server"
    assert [server.poll() is None for server in servers] == [False]


def test_a_model_that_fails_on_rows_is_not_blessed_and_the_rows_are_not_told(
    tmp_path: Path,
    examples: Any,
    servers: list[subprocess.Popen[bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    blessing = validate(tmp_path, export(tmp_path, longest=10), examples)
    assert reason(blessing).startswith("the server answered INVALID_ARGUMENT: ")
    assert COMPLAINT in reason(blessing)
    assert "Infra validation" in caplog.text
    assert "secret" not in reason(blessing) + caplog.text
    assert blessing.get_int_custom_property("blessed") == 0
    assert files(blessing) == ["INFRA_NOT_BLESSED"]
    assert [server.poll() is None for server in servers] == [False]


def test_a_model_that_the_server_cannot_load_is_not_blessed(
    tmp_path: Path, examples: Any, servers: list[subprocess.Popen[bytes]]
) -> None:
    model = export(tmp_path, longest=100)
    (tmp_path / "model" / "Format-Serving" / "variables" / "variables.index").write_bytes(b"?")
    blessing = validate(tmp_path, model, examples)
    assert reason(blessing).startswith("the model server ended: Failed to start server. Error: ")
    assert files(blessing) == ["INFRA_NOT_BLESSED"]
    assert [server.poll() is None for server in servers] == [False]


def _spoil(model: Any) -> None:
    Path(model.uri, "Format-Serving", "saved_model.pb").write_bytes(b"no graph")


@pytest.mark.parametrize(
    ("change", "signature", "sentence"),
    [
        (_spoil, "classify", "the model cannot be tried: Cannot parse file"),
        (lambda model: None, "classes", "SignatureDef of name classes could not be found"),
    ],
    ids=["corrupt", "no signature"],
)
def test_a_model_that_cannot_be_read_is_not_blessed(
    tmp_path: Path,
    examples: Any,
    servers: list[subprocess.Popen[bytes]],
    change: Callable[[Any], None],
    signature: str,
    sentence: str,
) -> None:
    model = export(tmp_path, longest=100)
    change(model)
    blessing = validate(tmp_path, model, examples, signature)
    assert sentence in reason(blessing)
    assert "\n" not in reason(blessing)
    assert blessing.get_int_custom_property("blessed") == 0
    assert files(blessing) == ["INFRA_NOT_BLESSED"]
    assert not servers


def untried(folder: Path, model: Any, examples: Any) -> str:
    """Validate a model that cannot be tried; return what is said."""
    with pytest.raises(UnavailableError) as refusal:
        validate(folder, model, examples)
    assert not list((folder / "blessing").iterdir())  # neither blessed nor not: nothing is kept
    said = str(refusal.value)
    assert said.startswith("InfraValidator could not try the model: ")
    assert said.endswith("; this says nothing about the model, and the next run tries it again")
    assert "\n" not in said
    assert "secret" not in said
    return said


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a `tensorflow_model_server` of one's own before all others; `SERVE` is a good one."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")

    def write(script: str) -> None:
        serve = f'exec {sys.executable} -m serving "$@"'
        fake_server(tmp_path / "bin", script.replace("SERVE", serve))

    return write


def test_a_server_that_crashes_once_is_no_verdict(
    tmp_path: Path, examples: Any, own_server: Callable[[str], None]
) -> None:
    own_server(f"mkdir {tmp_path / 'once'} 2>/dev/null && kill -SEGV $$; SERVE")
    model = export(tmp_path, longest=100)
    assert "the model server ended by SIGSEGV: it printed nothing" in untried(
        tmp_path, model, examples
    )

    blessing = validate(tmp_path, model, examples)

    assert blessing.get_int_custom_property("blessed") == 1
    assert files(blessing) == ["INFRA_BLESSED"]


def test_a_server_that_crashes_once_is_tried_again_at_once(
    tmp_path: Path, examples: Any, own_server: Callable[[str], None]
) -> None:
    own_server(f"mkdir {tmp_path / 'once'} 2>/dev/null && kill -KILL $$; SERVE")
    blessing = validate(tmp_path, export(tmp_path, longest=100), examples, num_tries=2)
    assert reason(blessing) == "3 rows were answered by tensorflow_model_server"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("echo 'cannot open libcuda.so.1'; exit 127", "ended: cannot open libcuda.so.1"),
        ("echo 'Failed to start server. Error: Cannot listen on :1'; exit 1", "Cannot listen on"),
        (
            "echo '1 servable(s) did not become available: {RESOURCE_EXHAUSTED: OOM}'; exit 1",
            "RESOURCE_EXHAUSTED: OOM",
        ),
        ("echo '1 servable(s) did not become available'; kill -KILL $$", "by SIGKILL"),
    ],
    ids=["no library", "a port", "memory", "killed"],
)
def test_a_server_that_does_not_start_is_no_verdict(
    tmp_path: Path,
    examples: Any,
    own_server: Callable[[str], None],
    script: str,
    sentence: str,
) -> None:
    own_server(script)
    assert sentence in untried(tmp_path, export(tmp_path, longest=100), examples)


def test_what_the_server_says_of_the_model_is_a_verdict(
    tmp_path: Path, examples: Any, own_server: Callable[[str], None]
) -> None:
    own_server("echo '1 servable(s) did not become available: {NOT_FOUND: no tag}'; exit 1")
    blessing = validate(tmp_path, export(tmp_path, longest=100), examples)
    assert files(blessing) == ["INFRA_NOT_BLESSED"]


def test_a_program_that_cannot_be_executed_is_no_verdict(
    tmp_path: Path, examples: Any, own_server: Callable[[str], None]
) -> None:
    own_server("")
    path = tmp_path / "bin" / "tensorflow_model_server"
    path.write_text("#!/no/such/shell\n")
    said = untried(tmp_path, export(tmp_path, longest=100), examples)
    assert "the model server could not be started: [Errno 2]" in said


def test_a_server_that_dies_while_it_answers_is_no_verdict(
    tmp_path: Path,
    examples: Any,
    servers: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = TensorFlowServingClient._SendRequest

    def die_before(self: Any, request: Any) -> None:
        servers[-1].kill()
        servers[-1].wait()
        send(self, request)

    monkeypatch.setattr(TensorFlowServingClient, "_SendRequest", die_before)
    assert "the model server ended by SIGKILL" in untried(
        tmp_path, export(tmp_path, longest=100), examples
    )


def test_a_server_that_hangs_is_no_verdict() -> None:
    with socket.socket() as listening:  # takes connections and never says a word
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        client = DeadlineClient(f"127.0.0.1:{listening.getsockname()[1]}", "bert", 0.2)
        with pytest.raises(error_types.ValidationFailed) as failed:
            client.SendRequests([classification_pb2.ClassificationRequest()])
    found = judge(failed.value, _Running())  # type: ignore[arg-type]
    assert found.reason.startswith("the server answered DEADLINE_EXCEEDED")
    assert not found.about_model


class _Running:
    """A server that is still there."""

    def is_running(self) -> bool:
        return True


def test_a_disk_that_is_full_is_no_verdict(
    tmp_path: Path, examples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", target)

    monkeypatch.setattr("tfx.utils.io_utils.copy_dir", full)
    assert "No space left on device" in untried(tmp_path, export(tmp_path, longest=100), examples)


def test_a_server_that_is_too_slow_is_no_verdict(
    tmp_path: Path,
    examples: Any,
    servers: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def late(self: Any, deadline: float) -> None:
        raise error_types.DeadlineExceeded("the model server did not open its port in time")

    monkeypatch.setattr(runner.LocalProcessRunner, "WaitUntilRunning", late)
    assert (
        "the model server did not open its port in time; `infra_validate.max_loading_time_s` "
        "allows more time"
    ) in untried(tmp_path, export(tmp_path, longest=100), examples)
    assert [server.poll() is None for server in servers] == [False]


def test_a_server_that_ends_while_it_loads_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_server(tmp_path, "kill -ABRT $$")
    monkeypatch.setenv("PATH", str(tmp_path))
    server = runner.LocalProcessRunner(str(tmp_path), "bert")
    server.Start()
    assert server._process is not None
    server._process.wait()
    with pytest.raises(error_types.JobAborted, match="ended by SIGABRT"):
        wait_until_loaded(None, server, deadline=time.time() + 600)
    server.Stop()


def test_a_stop_is_no_verdict(
    tmp_path: Path, examples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: runner.LocalProcessRunner, deadline: float) -> None:
        raise error_types.GracefulShutdown("Got signal 15.")  # what TFX makes of SIGTERM

    monkeypatch.setattr(runner.LocalProcessRunner, "WaitUntilRunning", stop)
    with pytest.raises(
        UnavailableError, match="it was stopped by SIGTERM; this says nothing about the model"
    ):
        validate(tmp_path, export(tmp_path, longest=100), examples)
