"""User code that works, and user code that does its worst, in processes of its own."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.errors import DeadlineExceededError, OverloadedError, ServingError
from serving.scripts import pool as pool_module
from serving.scripts.pool import ScriptPool
from serving.scripts.script import ScriptAnswer, ScriptOptions, ScriptPlace, ScriptRequest
from serving.scripts.worker import BrokenScriptError, ScriptError, WorkerLostError
from tests.serving.version_folders import wait_until

LONG_S = 60.0
CONTEXT = {
    **dict.fromkeys(("model_name", "model_version", "method", "rest_uri", "custom_attributes"), ""),
    **dict.fromkeys(("grpc_port", "channel", "content_length"), None),
    "request_content_type": "application/json",
    "accept_header": "application/json",
}
ECHO = "def transform_fn(model, data, content_type, accept):\n    return data, content_type\n"

Make = Callable[..., ScriptPool]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[ScriptPool] = []

    def start(code: str, **options: object) -> ScriptPool:
        file = tmp_path / f"{len(made)}" / "code" / "inference.py"
        file.parent.mkdir(parents=True)
        file.write_text(code)
        environment = {"PATH": os.defpath}
        given = ScriptOptions(environment=environment, **options)  # type: ignore[arg-type]
        pool = ScriptPool("m", ScriptPlace(file, file.parent.parent), given)
        made.append(pool)
        pool.start()
        return pool

    yield start
    for pool in made:
        pool.close()


def no_model(_body: bytes) -> tuple[int, bytes]:
    raise AssertionError("the model is not asked")


def ask(
    pool: ScriptPool,
    body: bytes = b"[1]",
    content_type: str = "application/json",
    accept: str = "application/json",
    timeout_s: float = LONG_S,
    model: Callable[[bytes], tuple[int, bytes]] = no_model,
) -> ScriptAnswer:
    request = ScriptRequest(body, content_type, accept, CONTEXT)
    return pool.run(request, model, time.monotonic() + timeout_s)


def test_the_four_functions(make: Make) -> None:
    pool = make(
        "import os\n"
        "def model_fn(model_dir): return os.path.basename(model_dir)\n"
        "def input_fn(data, content_type): return data.upper(), content_type\n"
        "def predict_fn(data, model): return [*data, model]\n"
        "def output_fn(prediction, accept): return '|'.join([*prediction, accept])\n"
    )
    answer = ask(pool, b"text", "text/plain", "text/csv")
    assert answer == ScriptAnswer(b"TEXT|text/plain|0|text/csv", "text/csv")


def test_formats_that_are_left_to_us(make: Make) -> None:
    pool = make(
        "def model_fn(folder): return 2\ndef predict_fn(data, model): return data * model\n"
    )
    assert ask(pool, b"[1, 2]") == ScriptAnswer(b"[2, 4]", "application/json")
    assert ask(pool, b"1,2", "text/csv", "text/csv").content == b"2.0\n4.0\n"
    with pytest.raises(ScriptError, match="Content-Type 'image/png' is not read") as caught:
        ask(pool, b"", "image/png")
    assert caught.value.http_status == 415
    with pytest.raises(ScriptError, match="cannot be given as 'image/png'") as caught:
        ask(pool, accept="image/png")
    assert caught.value.http_status == 406


def test_sparse_matrices(make: Make) -> None:
    import io

    from scipy import sparse

    file = io.BytesIO()
    sparse.save_npz(file, sparse.csr_matrix([[0, 5]]))
    pool = make("def predict_fn(data, model): return data.toarray()\n")
    assert ask(pool, file.getvalue(), "application/x-npz").content == b"[[0, 5]]"


def test_no_pickle_is_decoded(make: Make) -> None:
    import io

    import numpy as np

    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    pool = make("def predict_fn(data, model): return 1\n")
    with pytest.raises(ScriptError, match="allow_pickle=False"):
        ask(pool, file.getvalue(), "application/x-npy")


def test_the_served_model_predicts_where_the_code_does_not(make: Make) -> None:
    def model(body: bytes) -> tuple[int, bytes]:
        x = json.loads(body)["instances"]
        return 200, json.dumps({"predictions": [one + 1 for one in x]}).encode()

    pool = make("def input_fn(data, content_type): return [len(data)]\n")
    assert ask(pool, b"four", model=model).content == b"[5]"
    with pytest.raises(ScriptError, match="no such input") as caught:
        ask(pool, model=lambda _body: (400, b'{"error": "no such input"}'))
    assert caught.value.http_status == 400


def test_the_handlers_of_the_tensorflow_serving_container(make: Make) -> None:
    pool = make(
        "def input_handler(data, context): return data.read().decode() + context.accept_header\n"
        "def output_handler(response, context):\n"
        "    return b'%d ' % response.status_code + response.content, 'text/csv'\n"
    )
    answer = ask(pool, b"in ", model=lambda body: (404, b"<" + body + b">"))
    assert answer == ScriptAnswer(b"404 <in application/json>", "text/csv")


def test_libraries_beside_the_code(make: Make, tmp_path: Path) -> None:
    library = tmp_path / "0" / "code" / "lib"
    library.mkdir(parents=True)
    (library / "spare.py").write_text("VALUE = 7")
    (tmp_path / "0" / "code").rename(tmp_path / "kept")
    with pytest.raises(BrokenScriptError, match="No module named 'spare'"):
        make("import spare\n" + ECHO)
    (tmp_path / "kept" / "lib").rename(tmp_path / "0" / "code" / "lib")
    place = ScriptPlace(tmp_path / "0" / "code" / "inference.py", tmp_path / "0")
    pool = ScriptPool("m", place, ScriptOptions())
    pool.start()
    pool.close()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1/0", "The inference.py of model m cannot be loaded: ZeroDivisionError: division by"),
        ("def predict_fn(:", "cannot be loaded: SyntaxError: "),
        ("x = 1", "TypeError: it has none of the functions that are called"),
        ("def model_fn(folder): 1/0\ndef predict_fn(data, model): 1", "ZeroDivisionError"),
        ("def model_fn(folder): 1", "it has model_fn, but neither predict_fn nor transform_fn"),
        (ECHO + "def output_fn(a, b): 1", "it has transform_fn and output_fn; only one way"),
        ("def input_handler(a, b): 1", "input_handler and output_handler belong together"),
    ],
)
def test_code_that_cannot_be_loaded(make: Make, code: str, text: str) -> None:
    with pytest.raises(BrokenScriptError, match=text.replace("(", "\\(")):
        make(code)


def test_code_that_ends_the_process_at_once(make: Make) -> None:
    with pytest.raises(WorkerLostError, match="of model m has ended in the middle"):
        make("import os; os._exit(3)")


@pytest.mark.parametrize(
    ("worst", "error", "text"),
    [
        ("raise ValueError('no such thing')", ScriptError, "no such thing"),
        ("raise KeyboardInterrupt", ScriptError, "KeyboardInterrupt"),
        ("import sys; sys.exit(4)", ScriptError, "4"),
        ("import os; os._exit(5)", WorkerLostError, "has ended in the middle of a request"),
        ("import os; os.abort()", WorkerLostError, "has ended in the middle of a request"),
        ("import os; os.closerange(0, 100)", WorkerLostError, "has ended in the middle"),
        ("x = bytearray(2**31)", ScriptError, "MemoryError"),
        ("import ctypes; ctypes.string_at(0)", WorkerLostError, "has ended in the middle"),
        (
            "import os\n    for n in range(3, 99):\n        try: os.write(n, b'x' * 99)\n"
            "        except OSError: pass",
            WorkerLostError,
            "sent too much",
        ),
    ],
)
def test_code_that_does_its_worst(
    make: Make, worst: str, error: type[ServingError], text: str
) -> None:
    pool = make(
        "def transform_fn(model, data, content_type, accept):\n"
        "    if data != 'worst': return data\n"
        f"    {worst}\n",
        memory_bytes=2**30,
    )
    with pytest.raises(error, match=text) as caught:
        ask(pool, b"worst")
    assert caught.value.http_status == 500
    assert ask(pool, b"fine").content == b"fine"


def test_code_that_hangs(make: Make) -> None:
    pool = make(
        "import time\ndef transform_fn(model, data, content_type, accept):\n"
        "    if data == 'hang': time.sleep(1000)\n    return data\n"
    )
    with pytest.raises(DeadlineExceededError, match=r"inference\.py of model m did not answer in"):
        ask(pool, b"hang", timeout_s=0.2)
    assert ask(pool, b"fine").content == b"fine"


def test_code_that_forks(make: Make) -> None:
    pool = make(
        "import os\ndef transform_fn(model, data, content_type, accept):\n"
        "    return 'child' if os.fork() == 0 else data\n"
    )
    assert [ask(pool, b"%d" % n).content for n in range(3)] == [b"0", b"1", b"2"]


def has_ended(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def test_what_code_has_started_ends_with_its_process(make: Make) -> None:
    pool = make(
        "import subprocess\ndef transform_fn(model, data, content_type, accept):\n"
        "    return str(subprocess.Popen(['sleep', '1000']).pid)\n"
    )
    number = int(ask(pool).content)
    assert Path(f"/proc/{number}").exists()
    pool.close()
    wait_until(lambda: has_ended(number))  # a signal reaches a busy machine's process in time


def test_code_that_prints_without_end(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "serving")
    pool = make(
        "def transform_fn(model, data, content_type, accept):\n"
        "    for _ in range(64): print('x' * 2**20)\n    return data\n"
    )
    assert ask(pool, b"done").content == b"done"
    lines = [one.getMessage() for one in caplog.records if "inference.py: x" in one.getMessage()]
    assert 0 < len(lines) <= 100
    assert max(map(len, lines)) < 600


def test_the_environment_is_not_the_server_s(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SERVER", "1")
    pool = make(
        "import os\ndef transform_fn(model, data, content_type, accept):\n"
        "    return ','.join(sorted(os.environ)) + ',' + str(os.nice(0))\n"
    )
    names = ask(pool).content.decode()
    assert "PATH" in names
    assert "SECRET" not in names
    assert int(names.rpartition(",")[2]) >= 5


def test_workers_answer_at_the_same_time(make: Make) -> None:
    pool = make(
        "import os, time\ndef transform_fn(model, data, content_type, accept):\n"
        "    open(data + str(os.getpid()), 'w').close()\n"
        "    folder, name = os.path.split(data)\n"
        "    while len([one for one in os.listdir(folder) if one.startswith(name)]) < 2:\n"
        "        time.sleep(0.01)\n"
        "    return 'met'\n",
        workers=2,
    )
    folder = make(ECHO)._place.model_dir / "met-"
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(ask, pool, str(folder).encode(), "text/csv") for _ in range(2)]
        assert [one.result().content for one in answers] == [b"met", b"met"]


def test_too_many_requests_wait(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_MAX_WAITING", 0)
    pool = make(ECHO)
    with pytest.raises(OverloadedError, match=r"0 requests wait for the inference\.py of model m"):
        ask(pool)


def test_no_worker_is_free_in_time(make: Make) -> None:
    pool = make(
        "import time\ndef transform_fn(model, data, content_type, accept):\n    time.sleep(1000)\n"
    )
    with ThreadPoolExecutor(1) as threads:
        hangs = threads.submit(ask, pool, timeout_s=1.0)
        while pool._free:
            threading.Event().wait(0.001)
        with pytest.raises(DeadlineExceededError, match="No process of the"):
            ask(pool, timeout_s=0.05)
        with pytest.raises(DeadlineExceededError):
            hangs.result()
