import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bert_aas.contracts.files.own_temporary import take_own_folder
from models.environment import CACHE_DIR_VARIABLE, cache_dir

# How long an example takes says what else the machine does.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

# A shell that starts the tests in the background lets them, and all processes that they start and
# send signals to, ignore these.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

_FILE_MARK = re.compile(r"^pytestmark = pytest\.mark\.(\w+)", re.MULTILINE)

_SHARED = "minilm-*"


def pytest_configure() -> None:
    """Let tests leave nothing behind: neither temporary files, nor facts of tiny encoders."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # `tmp_path` may stay
    take_own_folder()
    if CACHE_DIR_VARIABLE in os.environ:  # a worker, or whoever knows why
        return
    shared, cache = cache_dir(), Path(tempfile.mkdtemp())
    for encoder in shared.glob(_SHARED):
        (cache / encoder.name).symlink_to(encoder)
    os.environ[CACHE_DIR_VARIABLE] = str(cache)
    _caches.append((cache, shared))


def pytest_unconfigure() -> None:
    """Keep an encoder that a test had to import: it is the users' own."""
    while _caches:
        cache, shared = _caches.pop()
        del os.environ[CACHE_DIR_VARIABLE]
        for encoder in cache.glob(_SHARED):
            if not encoder.is_symlink() and not (shared / encoder.name).exists():
                shared.mkdir(parents=True, exist_ok=True)
                shutil.move(encoder, shared / encoder.name)


_caches: list[tuple[Path, Path]] = []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file unread whose only mark is deselected: importing TFX takes many seconds."""
    if collection_path.suffix != ".py":
        return None
    mark = _FILE_MARK.search(collection_path.read_text(encoding="utf-8"))
    return True if mark and f"not {mark[1]}" in config.getoption("markexpr") else None
