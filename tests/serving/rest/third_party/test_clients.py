"""Clients of other languages, as people use them: Java's, Node's, curl's."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
GOOD = '{"predictions":[5.0]}'
UNKNOWN = '404 {"error":"Servablenotfoundforrequest:Latest(nope)"}'
STATUS = (
    '{"model_version_status":[{"version":"1","state":"AVAILABLE",'
    '"status":{"error_code":"OK","error_message":""}}]}'
)
BODY = '{"instances": [4.0]}'


def output_of(program: str, *arguments: str | Path, environment_of: str) -> str:
    """Run a program; skip the test where what it comes with is missing."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt-get install {environment_of}")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.slow
def test_java_with_its_default_which_offers_http2(url: str) -> None:
    if shutil.which("javac") is None:
        pytest.skip("a JDK is not installed: apt-get install default-jdk-headless")
    source = FOLDER / "AskModel.java"
    lines = output_of("java", source, url, environment_of="default-jdk-headless").splitlines()
    answers = [
        *("predict HTTP_1_1 200 " + GOOD, "again HTTP_1_1 200 " + GOOD),
        *("status HTTP_1_1 200 " + STATUS, "chunked HTTP_1_1 200 " + GOOD),
        *("expects HTTP_1_1 200 " + GOOD, "unknown HTTP_1_1 " + UNKNOWN),
        'many HTTP_1_1 200 {"predictions":[5.0,5.0,5.0,200017',
        "at once 40",
    ]
    assert lines == [*answers, *answers]  # the second time without HTTP/2


def test_node_with_fetch_and_with_an_agent_that_keeps_connections(url: str) -> None:
    lines = output_of("node", FOLDER / "ask_model.mjs", url, environment_of="nodejs").splitlines()
    assert lines == [
        *("fetch 200 " + GOOD, "again 200 " + GOOD, "status 200 " + STATUS),
        *("unknown " + UNKNOWN, "chunked 200 " + GOOD, "at once 40"),
        *(f"agent 200 {GOOD} false", f"agent 200 {GOOD} true", f"length 200 {GOOD} true"),
        f"upgrade 200 {GOOD} false",
    ]


@pytest.mark.parametrize(
    "flags",
    [
        ["--http2"],
        ["--http1.1", "-H", "Transfer-Encoding: chunked"],
        ["--http1.0"],
        ["--http1.0", "-H", "Connection: keep-alive"],
        ["--http1.0", "-H", "Connection: keep-alive, Upgrade", "-H", "Upgrade: h2c"],
        ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"],
    ],
    ids=" ".join,
)
def test_curl(url: str, flags: Sequence[str]) -> None:
    shown = ["-s", "-S", "-f", "-w", " %{http_code} %{num_connects}\n"]
    ask = [*shown, f"{url}/v1/models/hp:predict", "-d", BODY, *flags]
    twice = [*ask, "--next", *ask]  # on one connection, if it is kept
    answers = output_of("curl", *twice, environment_of="curl").splitlines()
    counts = [line.removeprefix("} 200 ") for line in answers if line.startswith("} 200 ")]
    is_kept = flags != ["--http1.0"]
    assert counts == ["1", "0" if is_kept else "1"]
    assert [line for line in answers if "predictions" in line] == ['    "predictions": [5.0'] * 2
