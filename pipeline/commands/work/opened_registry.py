"""Find and open the registry that a command is about."""

import getpass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.registry.places import FILE, registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.serving_folders import local_directory
from bert_aas.registry.versions import SERVING_DIRECTORY, Version
from pipeline.environment import registry_address

_OUTPUTS = Path("output")


def open_registry(given: str | None) -> Registry:
    """Open a registry that is there.

    Args:
        given: What `--registry` was given.

    Returns:
        The registry.

    Raises:
        InvalidInputError: If there is none, or several could be meant.
    """
    place = registry_place(given or registry_address() or _only_one())
    if place.file is not None and not place.file.is_file():
        raise InvalidInputError(
            f"there is no registry in {place.file.parent}: a run with `registry.enabled: true` "
            "makes one"
        )
    return Registry(place)


def person(given: str | None) -> str:
    """Say who gives a command.

    Args:
        given: What `--by` was given.

    Returns:
        The name; the login if none was given.

    Raises:
        InvalidInputError: If this machine knows no login.
    """
    try:
        found = (given if given is not None else getpass.getuser()).strip()
    except (OSError, KeyError) as exc:
        raise InvalidInputError("this machine has no login for you; say who you are: --by") from exc
    if not found:
        raise InvalidInputError("--by is empty; give a name")
    return found


def serving_directory(given: str | None, version: Version) -> str:
    """Say which serving folder is meant.

    Args:
        given: What `--directory` was given.
        version: The version; its pipeline pushes to a folder.

    Returns:
        The folder, absolute.

    Raises:
        InvalidInputError: If none is known, or it is not on this machine.
    """
    known = given or version.entries.get(SERVING_DIRECTORY)
    if not known:
        raise InvalidInputError(
            f"version {version.number} of {version.model} does not say where it is served; give "
            "the serving folder (--directory)"
        )
    return local_directory(known)


def _only_one() -> str:
    inside = sorted(_OUTPUTS.iterdir()) if _OUTPUTS.is_dir() else []
    found = [folder for folder in (_OUTPUTS, *inside) if (folder / FILE).is_file()]
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise InvalidInputError(f"there are several registries, in {listed}; name one (--registry)")
    return str(found[0] if found else _OUTPUTS)
