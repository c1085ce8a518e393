"""What the server knows of a model's `inference.py`: where it is, what it is asked and answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PLACES = ("code/inference.py", "inference.py")

AskModel = Callable[[bytes], tuple[int, bytes]]
"""Asks the served model with a body of TensorFlow Serving's REST API: HTTP status and body."""


@dataclass(frozen=True)
class ScriptPlace:
    """A script and the folder of the model that it belongs to."""

    file: Path
    model_dir: Path


@dataclass(frozen=True)
class ScriptOptions:
    """How scripts run.

    Attributes:
        workers: Most processes of one script; each answers one request at a time.
        memory_bytes: Most memory of one process; 0 for no limit.
        environment: The variables that they see.
        start_s: Longest time of a start, `model_fn` counted, seconds.
        rest_url: Address of the REST port, for scripts that ask it themselves; empty without one.
    """

    workers: int = 1
    memory_bytes: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    start_s: float = 240.0
    rest_url: str = ""


@dataclass(frozen=True)
class ScriptRequest:
    """A request to a script.

    Attributes:
        body: The body.
        content_type: Its type, without parameters.
        accept: What the client takes.
        context: What `Context` of the program has.
    """

    body: bytes
    content_type: str
    accept: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class ScriptAnswer:
    """The body of an answer, and its type."""

    content: bytes
    content_type: str


def find_script(folder: Path, with_parent: bool) -> ScriptPlace | None:
    """Look for the script of a version.

    Args:
        folder: The version folder.
        with_parent: Whether it may stand beside the version folders, as in the archives of the
            TensorFlow Serving container; the signature of a version does not cover it there.

    Returns:
        The script; None if there is none.
    """
    for model_dir in (folder, folder.parent)[: 2 if with_parent else 1]:
        for place in _PLACES:
            if (model_dir / place).is_file():
                return ScriptPlace((model_dir / place).absolute(), model_dir.absolute())
    return None
