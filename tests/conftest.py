import re
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file unread whose only mark is deselected: importing TFX takes many seconds."""
    if collection_path.suffix != ".py":
        return None
    mark = _FILE_MARK.search(collection_path.read_text(encoding="utf-8"))
    return True if mark and f"not {mark[1]}" in config.getoption("markexpr") else None
