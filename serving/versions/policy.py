"""Which versions are wanted, and in which order versions are loaded and unloaded.

Pure functions: no disk, no threads, no clock.

Source:
    TensorFlow Serving, `core/availability_preserving_policy.cc` and
    `sources/storage_path/file_system_storage_path_source.cc`.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from serving.versions.model_config import All, Latest, Specific, VersionPolicy

Key = tuple[int, Path]
"""A version's number and its folder: another folder with the same number is another version."""


@dataclass(frozen=True)
class Load:
    """Load this version next."""

    key: Key


@dataclass(frozen=True)
class Unload:
    """Unload this version next."""

    key: Key


def choose(
    policy: VersionPolicy, found: Mapping[int, Path], kept: Collection[int] = ()
) -> frozenset[Key]:
    """Choose the versions to serve.

    Args:
        policy: What the configuration asks for.
        found: The version folders on disk.
        kept: Versions that are wanted whatever the policy says.

    Returns:
        The wanted ones of those.
    """
    match policy:
        case Latest(num_versions):
            numbers = sorted(found)[-max(num_versions, 1) :]
        case Specific(versions):
            numbers = sorted(found.keys() & set(versions))
        case All():
            numbers = sorted(found)
    return frozenset((number, found[number]) for number in {*numbers, *(found.keys() & kept)})


def missing(policy: VersionPolicy, found: Collection[int], kept: Collection[int] = ()) -> list[int]:
    """Return the versions that are named, by the policy or to be kept, and not on disk."""
    named = policy.versions if isinstance(policy, Specific) else ()
    return sorted({*named, *kept} - set(found))


def next_action(
    wanted: AbstractSet[Key], ready: AbstractSet[Key], loadable: AbstractSet[Key]
) -> Load | Unload | None:
    """Choose what to do next, so that a model which serves never stops while any is wanted.

    An unwanted version goes only when nothing is wanted, when a wanted one serves, or when more
    than one unwanted version serves; the lowest goes first. Otherwise the highest wanted version
    is loaded.

    Args:
        wanted: Versions to end up with.
        ready: Versions that serve now.
        loadable: Wanted versions that do not serve and may be loaded now; those that have failed
            or are not complete on disk are left out.

    Returns:
        One step, or None when there is nothing to do.
    """
    unwanted = ready - wanted
    if unwanted and (not wanted or ready & wanted or len(unwanted) > 1):
        return Unload(min(unwanted))
    if loadable:
        return Load(max(loadable))
    return None
