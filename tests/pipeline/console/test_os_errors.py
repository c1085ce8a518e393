"""What the file system refuses is one sentence, whichever library met it."""

import errno
import sys
from pathlib import Path

import pytest

from pipeline.cli import guarded, main
from pipeline.console import os_errors
from pipeline.runners.local import running

ROOT = Path(__file__).resolve().parents[3]
DEMO = str(ROOT / "configs" / "demo.yaml")


class ForeignError(Exception):
    """As TensorFlow's and ML Metadata's."""


ForeignError.__module__ = "tensorflow.python.framework.errors_impl"


def raised(error: Exception) -> int:
    def command() -> None:
        raise error

    return guarded(command)


@pytest.mark.parametrize(
    ("error", "said", "code"),
    [
        (
            FileExistsError(errno.EEXIST, "File exists", "/x"),
            "/x: file exists",
            2,
        ),
        (PermissionError(errno.EACCES, "Permission denied", b"/x"), "/x: permission denied", 2),
        (OSError(errno.EROFS, "Read-only file system", "/a", None, "/b"), "/a → /b: read-only", 2),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "no space left on device; free some space",
            2,
        ),
        (OSError(errno.EFBIG, "File too large"), "file too large; a limit of this process", 2),
        (OSError(errno.EIO, "Input/output error", "/x"), "/x: input/output error", 1),
        (OSError(errno.EMFILE, "Too many open files"), "too many open files", 1),
        (ForeignError("/x;\n No space left on device"), "/x; No space left on device; free", 2),
        (ForeignError("/x; Permission denied"), "/x; Permission denied", 2),
    ],
)
def test_one_sentence(
    error: Exception, said: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raised(error) == code
    printed = capsys.readouterr().err
    assert printed.startswith(f"Error: {said}")
    assert printed.count("\n") == 1


def test_the_cause_is_found_behind_what_came_of_it() -> None:
    def fail() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise RuntimeError("the checkpoint is not there") from None

    with pytest.raises(RuntimeError) as failed:
        fail()
    assert str(os_errors.sentence(failed.value)).startswith("no space left on device")


def test_other_errors_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        raised(ZeroDivisionError())
    with pytest.raises(ForeignError):
        raised(ForeignError("shapes differ"))


def test_a_reader_that_is_gone_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert raised(BrokenPipeError(errno.EPIPE, "Broken pipe")) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/none", "x" * 300])
def test_an_output_folder_that_cannot_be_made(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    output = str(tmp_path / place)
    assert main(["run", "--config", DEMO, "--output-dir", output]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Error: `output_dir` is {output}, where nothing can be written: ")
    assert said.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["[x]", "a*", "a?", "a]", "a\\b", "a\nb", "a\x1b", "caf\udce9"])
def test_names_that_are_patterns_are_refused_before_any_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "check_data", lambda *_, **__: pytest.fail("work has begun"))
    for setting in (f"output_dir={tmp_path}/{name}", f"push.directory={tmp_path}/{name}/models"):
        assert main(["run", "--config", DEMO, "--set", setting]) == 2
        said = capsys.readouterr().err
        assert said.startswith("Error: ")
        assert said.count("\n") == 1
        assert list(tmp_path.iterdir()) == []
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)  # the folder that a relative name belongs to
    assert main(["run", "--config", DEMO, "--output-dir", "out"]) == 2
    assert list(Path().iterdir()) == []


def test_a_full_disk_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        full = OSError(errno.ENOSPC, "No space left on device")

        def refuse(*_: object, **__: object) -> None:
            raise full

        patch.setattr(Path, "mkdir", refuse)
        assert main(["run", "--config", DEMO, "--output-dir", "/x"]) == 2
    assert "no space left on device" in capsys.readouterr().err
    assert sys.exc_info() == (None, None, None)
