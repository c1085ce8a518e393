"""Tells version folders that are complete from those that are still being written."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from serving.files.fingerprint import Fingerprint, fingerprint

LOOK_PAUSE_S = 0.5
"""Pause between two looks at a folder that is not complete yet, seconds."""

UNFINISHED_S = 4 * LOOK_PAUSE_S
"""How long a folder that does not look complete must stay the same to be tried, seconds."""

_YOUNG_S = 5.0
_NS_PER_S = 1e9


@dataclass(frozen=True)
class _Look:
    seen: Fingerprint
    since: float


class Arrivals:
    """Watches folders until they stop changing.

    Nothing on disk says that a folder is complete, and which files a model needs is known only
    after it is loaded. A folder passes when its fingerprint stays the same:

    - at once if it has a graph and no file in it was written within the last seconds: it was put
      in place complete;
    - for `LOOK_PAUSE_S` if it has a graph, but a file is young (or dated in the future): either a
      copy is going on, which shows as growth, or a pusher has just written and renamed it;
    - for `UNFINISHED_S` if it has no graph, which writers that take care write last, or if
      something in it cannot be looked at, such as a link to nothing. If nothing comes any more,
      the folder is broken, and loading it makes the error visible.

    A copy that pauses for longer than that is loaded too early. That is an error of this version
    only, the others go on serving, and it is tried again when the folder changes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            clock: Measures how long a folder stays the same, seconds.
        """
        self._clock = clock
        self._looks: dict[Path, _Look] = {}

    def look(self, folder: Path) -> Fingerprint | None:
        """Look at a folder once more.

        Args:
            folder: A version folder.

        Returns:
            Its fingerprint if it is complete, or has been as it is for so long that nothing more
            can be expected; otherwise None.
        """
        seen, now = fingerprint(folder), self._clock()
        last = self._looks.get(folder)
        if last is None or last.seen != seen:
            last = self._looks[folder] = _Look(seen, now)
        return seen if now - last.since >= _rest_needed_s(seen) else None

    def keep(self, folders: Collection[Path]) -> None:
        """Forget all folders but these."""
        self._looks = {folder: look for folder, look in self._looks.items() if folder in folders}


def _rest_needed_s(seen: Fingerprint) -> float:
    if not seen.has_graph or seen.has_errors:
        return UNFINISHED_S
    return LOOK_PAUSE_S if time.time() - seen.youngest_ns / _NS_PER_S < _YOUNG_S else 0.0
