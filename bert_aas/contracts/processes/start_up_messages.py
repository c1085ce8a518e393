"""Keep libraries' start-up messages from the user's terminal.

TensorFlow 2.21 writes what it has to say about the machine to standard error while it is loaded,
whatever `TF_CPP_MIN_LOG_LEVEL` says: its log is set up later.
"""

import contextlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_STDERR = 2
_MESSAGE = re.compile(
    rb"(WARNING: All log messages before absl::InitializeLog\(\)|I\d{4} \d\d:\d\d:).*\n?"
)


@contextlib.contextmanager
def start_up_messages_left_out() -> Iterator[None]:
    """Leave out the informative lines of Abseil's log; the rest is written when the block ends.

    C++ code writes to the file descriptor itself, so this is redirected, not `sys.stderr`.

    Yields:
        Nothing.
    """
    with contextlib.ExitStack() as stack:
        try:
            kept = os.dup(_STDERR)
            stack.callback(os.close, kept)
            held = os.memfd_create("standard-error")  # Linux; no file system may be writable
            stack.callback(os.close, held)
        except (AttributeError, OSError):  # no descriptor to redirect, or another system
            yield
            return
        sys.stderr.flush()
        os.dup2(held, _STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, _STDERR)
            _write_rest(held)


def leave_out_start_up_messages(name: str) -> None:
    """Do the same when a package is imported, whoever imports it; a loaded one stays as it is.

    Args:
        name: The package.
    """
    if name not in sys.modules and not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder(name))


def _write_rest(held: int) -> None:
    text = os.pread(held, os.fstat(held).st_size, 0)
    rest = b"".join(line for line in text.splitlines(keepends=True) if not _MESSAGE.fullmatch(line))
    with contextlib.suppress(OSError):  # a closed or full standard error must not hide an error
        while rest:
            rest = rest[os.write(_STDERR, rest) :]


class _Finder(MetaPathFinder):
    """Finds one package once, and wraps its execution."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader = spec.loader
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                with start_up_messages_left_out():
                    execute(module)

            loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
