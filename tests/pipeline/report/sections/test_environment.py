import platform
from importlib import metadata

from pipeline.report.sections.environment import read_environment


def test_versions_and_machine() -> None:
    found = dict(read_environment())
    assert found["Python"] == platform.python_version()
    assert found["numpy"] == metadata.version("numpy")
    assert "CPU cores" in found
