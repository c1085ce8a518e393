"""What is installed here, and under which licences."""

import platform
import re
from importlib import metadata

from bert_aas.cards.facts import Environment, Package

_SHORT = 60
_CLASSIFIER = "License :: "
_SEPARATORS = re.compile(r"[-_.]+")


def environment_here(recorded: str) -> Environment:
    """Look up what is installed in this process's environment.

    Args:
        recorded: When and where that is, in words.

    Returns:
        Python, system and packages.
    """
    found = {}
    for one in metadata.distributions():
        told = one.metadata  # read and parsed at each look
        name = told["Name"]
        if name:
            is_expression = bool(told.get_all("License-Expression"))
            package = Package(_normal(name), told["Version"], _licence(told), is_expression)
            found[package.name] = package
    return Environment(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        packages=tuple(package for _, package in sorted(found.items())),
        recorded=recorded,
    )


def _normal(name: str) -> str:
    """Spell the name of a package as PyPA's "Names and normalization" says."""
    return _SEPARATORS.sub("-", name).lower()


def _licence(found: metadata.PackageMetadata) -> str:
    """Read a licence: an SPDX expression, a short text, or what the classifiers say; or nothing."""
    for key in ("License-Expression", "License"):
        for text in found.get_all(key) or ():
            line = " ".join(str(text).split())
            if 0 < len(line) <= _SHORT and line != "UNKNOWN":
                return line
    named = [
        str(text).rpartition(" :: ")[2]
        for text in found.get_all("Classifier") or ()
        if str(text).startswith(_CLASSIFIER)
    ]
    return ", ".join(named)
