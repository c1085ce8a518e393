"""A server that loads only what was signed: in this process, and as a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from bert_aas.contracts.signing import FolderSigner
from serving.errors import ServingError, SettingsError
from serving.server import Server
from tests.serving.conftest import add_version
from tests.serving.test_server import predict, settings, status
from tests.serving.version_folders import wait_until
from tests.signing_keys import KeyPair, write_keys


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    folder = tmp_path / "keys"
    folder.mkdir()
    return write_keys(folder)


@pytest.fixture
def server(live: Path, keys: KeyPair) -> Iterator[Server]:
    """A server with a signed version 1."""
    FolderSigner(keys.private).sign(live / "1")
    running = Server(settings(live, verify_key=keys.public))
    assert running.start()
    yield running
    running.stop()


def prepared(exported: Path, live: Path, keys: KeyPair) -> Path:
    """Make a signed version 2 beside the base path, to be moved there."""
    aside = live.parent / "aside"
    aside.mkdir()
    add_version(exported / "hp" / "2", aside, 2)
    FolderSigner(keys.private).sign(aside / "2")
    return aside / "2"


def error(server: Server) -> str:
    url = f"http://{server.rest_address}/v1/models/live/versions/2"
    (entry,) = requests.get(url, timeout=20).json()["model_version_status"]
    assert entry["status"]["error_code"] == "FAILED_PRECONDITION"
    return str(entry["status"]["error_message"])


def test_a_signed_version_takes_over(
    server: Server, exported: Path, live: Path, keys: KeyPair
) -> None:
    prepared(exported, live, keys).rename(live / "2")
    wait_until(lambda: ("1", "END") in status(server))
    assert predict(server) == [5.0]


def change_a_byte(folder: Path) -> None:
    graph = folder / "saved_model.pb"
    content = bytearray(graph.read_bytes())
    content[-1] ^= 1
    graph.write_bytes(content)


def remove_a_file(folder: Path) -> None:
    next(path for path in (folder / "variables").iterdir() if "data" in path.name).unlink()


def add_a_file(folder: Path) -> None:
    (folder / "assets.extra").mkdir(exist_ok=True)
    (folder / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"")


def take_the_signature_off(folder: Path) -> None:
    (folder / "model.sig").unlink()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_a_byte, "not as it was signed: changed saved_model.pb"),
        (remove_a_file, "not as it was signed: missing variables/variables.data"),
        (add_a_file, "not as it was signed: added assets.extra/tf_serving_warmup_requests"),
        (take_the_signature_off, "is not signed: it has no model.sig"),
    ],
)
def test_what_was_changed_is_refused_and_the_old_version_serves(
    server: Server,
    exported: Path,
    live: Path,
    keys: KeyPair,
    change: Callable[[Path], None],
    sentence: str,
) -> None:
    version = prepared(exported, live, keys)
    change(version)
    version.rename(live / "2")
    wait_until(lambda: status(server)[0] == ("2", "END"))
    assert sentence in error(server)
    assert status(server)[1] == ("1", "AVAILABLE")
    assert predict(server) == [4.0]


def test_a_signature_that_comes_later_lets_the_version_in(
    server: Server, exported: Path, live: Path, keys: KeyPair
) -> None:
    version = prepared(exported, live, keys)
    take_the_signature_off(version)
    version = version.rename(live / "2")
    wait_until(lambda: status(server)[0] == ("2", "END"))
    FolderSigner(keys.private).sign(version)
    wait_until(lambda: status(server)[0] == ("2", "AVAILABLE"))
    assert predict(server) == [5.0]


def test_a_server_with_nothing_signed_does_not_start(live: Path, keys: KeyPair) -> None:
    with pytest.raises(ServingError, match=r"is not signed: it has no model\.sig"):
        Server(settings(live, verify_key=keys.public)).start()


def test_without_the_flag_signatures_do_not_matter(live: Path, keys: KeyPair) -> None:
    FolderSigner(keys.private).sign(live / "1")
    (live / "1" / "note.txt").write_text("x")
    running = Server(settings(live))
    running.start()
    assert predict(running) == [4.0]
    running.stop()


def test_keys_that_cannot_be_used(live: Path, keys: KeyPair) -> None:
    with pytest.raises(SettingsError, match=r"--verify_key: .* holds no public key in PEM"):
        Server(settings(live, verify_key=keys.private))
    with pytest.raises(SettingsError, match=r"--verify_key .* cannot be read"):
        Server(settings(live, verify_key=keys.public.with_name("absent")))


def test_without_the_extra_the_server_says_so(
    live: Path, keys: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(SettingsError, match=r'--verify_key: .*pip install "bert-aas\[sign\]"'):
        Server(settings(live, verify_key=keys.public))


@pytest.mark.slow
def test_the_command_line(live: Path, keys: KeyPair) -> None:
    """A process of its own with the flag, on a folder of which a byte was changed."""
    FolderSigner(keys.private).sign(live / "1")
    change_a_byte(live / "1")
    flags = [f"--model_base_path={live}", f"--verify_key={keys.public}", "--port=0"]
    done = subprocess.run(
        [sys.executable, "-m", "serving", *flags, "--rest_api_port=0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 255  # as tensorflow_model_server ends
    assert "not as it was signed: changed saved_model.pb" in done.stderr
    assert "Traceback" not in done.stderr
