"""Notices new files in the folder of a version that is already loaded."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from serving.files.arrivals import LOOK_PAUSE_S, UNFINISHED_S
from serving.files.fingerprint import Fingerprint, fingerprint


@dataclass
class _Watched:
    """One folder.

    Attributes:
        loaded: As it was before it was loaded.
        latest: As it was seen last.
        since: Since when it is like that.
    """

    loaded: Fingerprint
    latest: Fingerprint
    since: float


@dataclass(frozen=True)
class Late:
    """A folder that has changed, and rests.

    Attributes:
        seen: As it is now.
        names: The files that have come or were written since it was loaded.
    """

    seen: Fingerprint
    names: list[str]


class LateFiles:
    """Watches the folders of loaded versions.

    A converted model beside the SavedModel may come seconds or days after it. The version is
    loaded again with it as soon as the folder has stayed the same for a while. Removed files
    are no reason: a loaded version does not need them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            clock: Measures how long a folder stays the same, seconds.
        """
        self._clock = clock
        self._watched: dict[Path, _Watched] = {}

    def remember(self, folder: Path, loaded: Fingerprint) -> None:
        """Say what a folder was when it was loaded.

        Args:
            folder: A version folder.
            loaded: Its fingerprint from before the load.
        """
        self._watched[folder] = _Watched(loaded, loaded, self._clock())

    def keep(self, folders: Collection[Path]) -> None:
        """Forget all folders but these."""
        self._watched = {
            folder: watched for folder, watched in self._watched.items() if folder in folders
        }

    def look(self, folder: Path) -> Late | None:
        """Look at a folder once more.

        Args:
            folder: The folder of a version that serves.

        Returns:
            What has come, if something has and nothing more seems to follow.
        """
        watched = self._watched[folder]
        seen, now = fingerprint(folder), self._clock()
        if seen != watched.latest:
            watched.latest, watched.since = seen, now
        names = seen.news(watched.loaded)
        if not names or not seen.has_graph or now - watched.since < UNFINISHED_S:
            return None
        return Late(seen, names)

    def pause_s(self) -> float:
        """Return the seconds until the next look is due; infinite if nothing is under way."""
        changing = any(watched.latest.news(watched.loaded) for watched in self._watched.values())
        return LOOK_PAUSE_S if changing else float("inf")
