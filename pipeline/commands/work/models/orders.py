"""Who gives a command about a registered model, and which serving folder is meant."""

import getpass

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.registry.serving_folders import local_directory
from bert_aas.registry.versions import SERVING_DIRECTORY, Version


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
