"""Which versions and which machine wrote a report."""

import os
import platform
from importlib import metadata

from pipeline.report.section import RunSection

PACKAGES = (
    "bert-aas",
    "tfx",
    "tensorflow",
    "tensorflow-text",
    "tensorflow-hub",
    "tf-keras",
    "tensorflow-transform",
    "tensorflow-model-analysis",
    "tensorflow-data-validation",
    "ml-metadata",
    "apache-beam",
    "keras-tuner",
    "numpy",
    "protobuf",
)


def read_environment() -> tuple[tuple[str, str], ...]:
    """Look versions and machine up.

    Returns:
        Name and value; packages that are not installed are left out.
    """
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    libc = " ".join(platform.libc_ver()).strip()
    found.append(("System", f"{platform.system()} {platform.machine()}"))
    found.append(("C library", libc or "unknown"))
    found.append(("CPU cores", str(os.cpu_count() or "unknown")))
    return tuple(found)


SECTION = RunSection(name="environment", title="Environment", read=lambda _: read_environment())
